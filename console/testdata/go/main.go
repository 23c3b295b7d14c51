// A small Go program to look into: published variables, and every profile that net/http/pprof has.
package main

import (
	"crypto/sha256"
	"expvar"
	"flag"
	"fmt"
	"log"
	"net"
	"net/http"
	_ "net/http/pprof"
	"os"
	"runtime"
	"strings"
	"sync"
	"time"
)

var (
	requests = expvar.NewInt("requests")
	latency  = expvar.NewFloat("latency_seconds")
	routes   = expvar.NewMap("routes")
	version  = expvar.NewString("version")
)

// basket is what goroutines fight over.
type basket struct {
	mu    sync.Mutex
	items map[string]int
}

// add holds the lock for longer than it should: that shows in the mutex and block profiles.
func (b *basket) add(name string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.items[name]++
	price(name)
}

// price is the hot function.
func price(name string) int {
	sum := sha256.Sum256([]byte(name))
	for i := 0; i < 40; i++ {
		sum = sha256.Sum256(sum[:])
	}
	return int(sum[0])
}

// shelf keeps some memory, so that the heap profile has something in use.
var shelf [][]byte

func stock(crates int) {
	for i := 0; i < crates; i++ {
		shelf = append(shelf, make([]byte, 256<<10))
	}
}

// label allocates much and keeps nothing.
func label(n int) string {
	var b strings.Builder
	for i := 0; i < 200; i++ {
		fmt.Fprintf(&b, "item %d of %d;", i, n)
	}
	return b.String()
}

// descend calls itself: a function that is in a stack more than once.
func descend(depth int) int {
	if depth == 0 {
		return price("bottom")
	}
	return descend(depth-1) + 1
}

func shopper(id int, b *basket) {
	for n := 0; ; n++ {
		start := time.Now()
		text := label(n)
		b.add(text[:8])
		descend(20)
		requests.Add(1)
		routes.Add(fmt.Sprintf("shopper.%d", id%2), 1)
		latency.Add(time.Since(start).Seconds())
		if n%50 == 0 {
			time.Sleep(time.Millisecond)
		}
	}
}

func main() {
	port := flag.String("port-file", "", "write the port listened on to this file")
	flag.Parse()
	runtime.SetBlockProfileRate(1)
	runtime.SetMutexProfileFraction(1)
	version.Set("1.4.2")
	expvar.Publish("goroutines", expvar.Func(func() any { return runtime.NumGoroutine() }))

	stock(16)
	b := &basket{items: map[string]int{}}
	for i := 0; i < 4; i++ {
		go shopper(i, b)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	if err := os.WriteFile(*port, []byte(fmt.Sprint(listener.Addr().(*net.TCPAddr).Port)), 0o644); err != nil {
		log.Fatal(err)
	}
	log.Fatal(http.Serve(listener, nil))
}
