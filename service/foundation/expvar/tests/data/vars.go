// Prints the expvar document that a Go program serves at /debug/vars. To make go-vars.json anew:
//
//	go run vars.go --colour red 'a "quoted" argument' >go-vars.json
package main

import (
	"expvar"
	"math"
	"net/http/httptest"
	"os"
	"runtime"
	"time"
)

func main() {
	expvar.NewInt("requests").Set(1234567)
	expvar.NewInt("temperature").Set(-7)
	expvar.NewInt("largest").Set(math.MaxInt64)
	expvar.NewInt("smallest").Set(math.MinInt64)
	expvar.NewFloat("load").Set(0.1)
	expvar.NewFloat("tiny").Set(5e-324)
	expvar.NewFloat("whole").Set(1e21)
	expvar.NewString("state").Set("ready: 100 % \"fine\" <ok>\n")
	expvar.Publish("goroutines", expvar.Func(func() any { return runtime.NumGoroutine() }))
	expvar.Publish("uptime_ns", expvar.Func(func() any { return 90 * time.Second }))
	expvar.Publish("nothing", expvar.Func(func() any { return nil }))
	expvar.Publish("healthy", expvar.Func(func() any { return true }))
	expvar.Publish("unsigned", expvar.Func(func() any { return uint64(math.MaxUint64) }))
	routes := expvar.NewMap("http.requests")
	routes.Add("GET /v1/products", 17)
	routes.Add("POST /v1/orders", 3)
	nested := new(expvar.Map).Init()
	nested.AddFloat("p99", 12.5)
	nested.Set("empty", new(expvar.Map).Init())
	routes.Set("latency", nested)

	runtime.GC()
	response := httptest.NewRecorder()
	expvar.Handler().ServeHTTP(response, httptest.NewRequest("GET", "/debug/vars", nil))
	os.Stdout.Write(response.Body.Bytes())
}
