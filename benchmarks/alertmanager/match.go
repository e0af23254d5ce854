// Times Alertmanager's own route matching, in process, for benchmarks.router.
//
// The first line of standard input names a file with routes and label sets; each line after it says
// which of the label sets to match. An answer is one line: seconds, and the receivers.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/prometheus/alertmanager/config"
	"github.com/prometheus/alertmanager/dispatch"
	"github.com/prometheus/alertmanager/pkg/labels"
	"github.com/prometheus/common/model"
)

type work struct {
	Routes []map[string][]string
	Events []model.LabelSet
}

type slice struct{ From, To int }

func main() {
	lines := bufio.NewScanner(os.Stdin)
	lines.Scan()
	content, err := os.ReadFile(lines.Text())
	fail(err)
	var todo work
	fail(json.Unmarshal(content, &todo))
	began := time.Now()
	root := dispatch.NewRoute(tree(todo.Routes), nil)
	fmt.Printf("{\"built\": %f}\n", time.Since(began).Seconds())
	for lines.Scan() {
		var part slice
		fail(json.Unmarshal(lines.Bytes(), &part))
		found := make([]string, 0, part.To-part.From)
		began := time.Now()
		for _, event := range todo.Events[part.From:part.To] {
			found = append(found, root.Match(event)[0].RouteOpts.Receiver)
		}
		took := time.Since(began).Seconds()
		fmt.Printf("{\"seconds\": %.9f, \"found\": [%s]}\n", took, strings.Join(found, ","))
	}
}

// One route a rule, in order, under a root that takes the rest; no route continues.
func tree(routes []map[string][]string) *config.Route {
	root := &config.Route{Receiver: "-1"}
	for number, asked := range routes {
		matchers := config.Matchers{}
		for name, values := range asked {
			matchers = append(matchers, matcher(name, values))
		}
		route := &config.Route{Receiver: strconv.Itoa(number), Matchers: matchers}
		root.Routes = append(root.Routes, route)
	}
	return root
}

func matcher(name string, values []string) *labels.Matcher {
	kind, value := labels.MatchEqual, values[0]
	if len(values) > 1 {
		quoted := make([]string, len(values))
		for at, each := range values {
			quoted[at] = regexp.QuoteMeta(each)
		}
		kind, value = labels.MatchRegexp, strings.Join(quoted, "|")
	}
	made, err := labels.NewMatcher(kind, name, value)
	fail(err)
	return made
}

func fail(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
