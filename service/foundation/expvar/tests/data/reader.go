// Reads an expvar document from the standard input the ways Go programs do, and prints what it found:
//
//   - by encoding/json into a struct, as a program does that knows what it asks for;
//   - by encoding/json into a map whose values are kept as written, which all generic readers build upon;
//   - variable by variable as expvarmon shows them: the arguments are its -vars, paths with dots, optionally with
//     "mem:", "duration:" or "str:" before them.
package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
	"time"
)

type document struct {
	Cmdline  []string `json:"cmdline"`
	Requests uint64   `json:"requests"`
	Depth    int64    `json:"depth"`
	Load     float64  `json:"load"`
	State    string   `json:"state"`
	Latency  struct {
		Count, Max, Min, P50, P90, P99, P999, Sum uint64
		Mean                                      float64
	} `json:"latency_ns"`
	Routes map[string]map[string]uint64 `json:"routes"`
	Store  struct {
		Memstats struct{ Alloc, HeapInuse uint64 } `json:"memstats"`
	} `json:"store"`
	Nothing *float64 `json:"nothing"`
}

func main() {
	text, err := io.ReadAll(os.Stdin)
	check(err)
	var known document
	check(json.Unmarshal(text, &known))
	fmt.Printf("%+v\n", known)

	var all map[string]json.RawMessage
	check(json.Unmarshal(text, &all))
	fmt.Println(len(all), "variables")

	decoder := json.NewDecoder(strings.NewReader(string(text)))
	decoder.UseNumber()
	var tree map[string]interface{}
	check(decoder.Decode(&tree))
	for _, name := range os.Args[1:] {
		fmt.Println(name, "=", show(tree, name))
	}
}

func show(tree map[string]interface{}, name string) string {
	kind := ""
	if at := strings.IndexRune(name, ':'); at >= 0 {
		kind, name = name[:at], name[at+1:]
	}
	var value interface{} = tree
	// A dot in a name is written with a backslash before it.
	for _, key := range strings.Split(strings.ReplaceAll(name, `\.`, "\x00"), ".") {
		object, ok := value.(map[string]interface{})
		if !ok {
			return "N/A"
		}
		value = object[strings.ReplaceAll(key, "\x00", ".")]
	}
	switch value := value.(type) {
	case string:
		return value
	case json.Number:
		return number(kind, value)
	}
	return "N/A"
}

func number(kind string, value json.Number) string {
	whole, err := value.Int64()
	switch {
	case kind == "mem" && err != nil:
		return "not whole"
	case kind == "mem":
		return fmt.Sprint(whole, "B")
	case kind == "duration" && err == nil:
		return time.Duration(whole).String()
	}
	float, err := value.Float64()
	check(err)
	return fmt.Sprintf("%.02f", float)
}

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
