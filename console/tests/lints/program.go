// A healthy Go program: requests are answered, a ticker works a little, and garbage is made and collected.
package main

import (
	_ "expvar"
	"fmt"
	"net"
	"net/http"
	_ "net/http/pprof"
	"strings"
	"time"
)

var kept []string

func main() {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	fmt.Println(listener.Addr())
	http.HandleFunc("/v1/products", func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprintln(w, strings.Repeat("tea ", 1000))
	})
	go func() {
		for range time.Tick(20 * time.Millisecond) {
			kept = nil
			for i := 0; i < 200; i++ {
				kept = append(kept, strings.Repeat("x", 1000))
			}
		}
	}()
	panic(http.Serve(listener, nil))
}
