// The sales service's most used routes as a Go programmer would write them: net/http, expvar, encoding/json and the standard
// library alone. Same requests, same answers, same features; everything is kept in memory.
package main

import (
	"context"
	"expvar"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "rival:", err)
		os.Exit(1)
	}
}

func run() error {
	log := newLog(os.Stdout)
	defer log.close()
	api, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	debug, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	shop := &shop{store: newStore()}
	server := &http.Server{
		Handler:           newOnion(shop, log),
		ReadHeaderTimeout: 10 * time.Second,
		IdleTimeout:       time.Minute,
		WriteTimeout:      10 * time.Second,
		MaxHeaderBytes:    16 << 10,
	}
	go http.Serve(debug, expvar.Handler())

	asked, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, os.Interrupt)
	defer stop()
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(api) }()
	log.write([]byte(fmt.Sprintf("{\"message\":\"serving\",\"api\":\"%s\",\"debug\":\"%s\"}\n", api.Addr(), debug.Addr())))
	select {
	case err := <-ended:
		return err
	case <-asked.Done():
		draining, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		return server.Shutdown(draining)
	}
}
