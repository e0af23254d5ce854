// The composer stands outside the timeline, so that a refresh never touches what is being typed.
"use strict";
const byId = (id) => document.getElementById(id);
const timeline = byId("timeline"), text = byId("text"), name = byId("name"), parent = byId("parent");

name.value ||= sessionStorage.getItem("name") || "";
name.addEventListener("input", () => sessionStorage.setItem("name", name.value));

const segments = "Segmenter" in Intl ? new Intl.Segmenter() : null;
function count() {
  const used = segments ? [...segments.segment(text.value)].length : [...text.value].length;
  const left = Number(text.dataset.graphemes) - used;
  byId("left").textContent = used ? String(left) : "";
  byId("left").classList.toggle("over", left < 0);
}
text.addEventListener("input", count);
count();

document.addEventListener("click", (click) => {
  const reply = click.target.closest("[data-reply]");
  const mention = click.target.closest("[data-mention]");
  if (reply) {
    click.preventDefault();
    answer(reply.dataset.reply, reply.dataset.who, reply.dataset.text);
    byId("composer").scrollIntoView({ block: "center" });
    text.focus();
  } else if (mention) {
    text.setRangeText(mention.dataset.mention, text.selectionStart, text.selectionEnd, "end");
    text.focus();
    count();
  } else if (click.target.closest("#cancel")) {
    click.preventDefault();
    answer("", "", "");
  }
});

function answer(id, who, said) {
  parent.value = id;
  byId("answering-who").textContent = who;
  byId("answering-text").textContent = said;
  byId("answering").hidden = !id;
}

function localTimes() {
  const form = new Intl.DateTimeFormat("id", { dateStyle: "medium", timeStyle: "short" });
  for (const time of timeline.querySelectorAll("time")) time.textContent = form.format(new Date(time.dateTime));
}

let shown = null;
async function refresh() {
  const source = timeline.dataset.source;
  if (!source || document.hidden || !getSelection().isCollapsed || timeline.contains(document.activeElement)) return;
  try {
    const answer = await fetch(source, { cache: "no-store" });
    const html = await answer.text();
    if (!answer.ok || html === shown) return;
    shown = html;
    const above = window.scrollY, before = document.documentElement.scrollHeight;
    timeline.innerHTML = html; // escaped by the server
    localTimes();
    // New posts come in above: who has scrolled down keeps reading the same line.
    if (above > timeline.offsetTop) window.scrollTo(0, above + document.documentElement.scrollHeight - before);
  } catch { /* the server is restarting: the next round sees it */ }
}
localTimes();
setInterval(refresh, 2500);
