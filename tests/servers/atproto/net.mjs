// A whole Bluesky network (PLC, PDS, bsync, AppView, Ozone) in one process.
// Run it in the folder whose node_modules holds @atproto/dev-env. Needs DB_POSTGRES_URL and REDIS_HOST.
// Ports come from PLC_PORT, PDS_PORT, BSKY_PORT and OZONE_PORT. Prints one line: READY {json}. SIGTERM stops it.
import { createRequire } from 'node:module'
import { Server } from 'node:net'
import { pathToFileURL } from 'node:url'

// The development network binds to every interface; a test server must be reached from this machine only.
const listen = Server.prototype.listen
Server.prototype.listen = function (first, ...rest) {
  if (typeof first === 'number' && typeof rest[0] !== 'string') return listen.call(this, first, '127.0.0.1', ...rest)
  if (first && typeof first === 'object' && 'port' in first && !first.host) {
    return listen.call(this, { ...first, host: '127.0.0.1' }, ...rest)
  }
  return listen.call(this, first, ...rest)
}

const started = Date.now()
const port = (name) => {
  const value = Number(process.env[name])
  if (!Number.isInteger(value) || value <= 0) throw new Error(`${name} must be a port number`)
  return value
}

// Fails here, before a long start, if the folder is not the installed one.
const entry = createRequire(`${process.cwd()}/`).resolve('@atproto/dev-env')
const { TestNetwork } = await import(pathToFileURL(entry).href)

const bsky = port('BSKY_PORT')
const network = await TestNetwork.create({
  dbPostgresSchema: 'remit',
  plc: { port: port('PLC_PORT') },
  pds: { port: port('PDS_PORT'), hostname: 'localhost', enableDidDocWithSession: true, inviteRequired: false },
  bsky: { port: bsky, publicUrl: `http://localhost:${bsky}` },
  ozone: {
    port: port('OZONE_PORT'),
    chatUrl: 'http://localhost:1',
    chatDid: 'did:example:chat',
    dbMaterializedViewRefreshIntervalMs: 30000,
  },
})

const stop = async () => {
  try {
    await network.close()
  } catch (error) {
    console.error(error)
    process.exit(1)
  }
  process.exit(0)
}
process.on('SIGTERM', stop)
process.on('SIGINT', stop)

console.log(`READY ${JSON.stringify({
  ms: Date.now() - started,
  pds: network.pds.url,
  appview: network.bsky.url,
  appviewDid: network.bsky.serverDid,
  plc: network.plc.url,
  ozone: network.ozone.url,
})}`)
