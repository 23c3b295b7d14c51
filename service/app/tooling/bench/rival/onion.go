package main

import (
	"context"
	"encoding/json"
	"errors"
	"expvar"
	"fmt"
	"math/rand"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

const (
	timeLimit   = 5 * time.Second
	bodyLimit   = 64 << 10
	concurrency = 256
	waiting     = 1024
	patience    = 100 * time.Millisecond
)

var (
	requests  = expvar.NewInt("requests")
	failures  = expvar.NewInt("errors")
	panics    = expvar.NewInt("panics")
	inFlight  = expvar.NewInt("in_flight")
	shed      = expvar.NewInt("shed")
	linesLost = expvar.NewInt("log_lines_lost")
	routes    = expvar.NewMap("routes")
	latency   = newHistogram("latency_ns")
)

// A histogram of powers of two.
type histogram struct{ counts [64]uint64 }

func newHistogram(name string) *histogram {
	histogram := &histogram{}
	expvar.Publish(name, expvar.Func(func() any {
		counts := make([]uint64, len(histogram.counts))
		for at := range counts {
			counts[at] = atomic.LoadUint64(&histogram.counts[at])
		}
		return counts
	}))
	return histogram
}

func (histogram *histogram) record(value uint64) {
	bucket := 0
	for rest := value; rest > 1 && bucket < 63; rest >>= 1 {
		bucket++
	}
	atomic.AddUint64(&histogram.counts[bucket], 1)
}

// Everything around the handlers: request id, trace context, log, errors, variables, recover, limits of body, load and time.
type onion struct {
	shop   *shop
	log    *log
	seed   uint64
	next   uint64
	places chan struct{}
	queue  int64
	lines  sync.Pool
}

func newOnion(shop *shop, log *log) *onion {
	return &onion{
		shop:   shop,
		log:    log,
		seed:   rand.New(rand.NewSource(time.Now().UnixNano())).Uint64() & 0xffff_ffff_ffff,
		places: make(chan struct{}, concurrency),
		lines:  sync.Pool{New: func() any { line := make([]byte, 0, 512); return &line }},
	}
}

// What is known of a request under way.
type underway struct {
	id     string
	trace  string
	span   string
	route  string
	status int
	code   string
}

func (onion *onion) ServeHTTP(writer http.ResponseWriter, request *http.Request) {
	started := time.Now()
	inFlight.Add(1)
	under := onion.begin(request)
	writer.Header().Set("X-Request-Id", under.id)
	answer := onion.inside(under, request)
	under.status, under.code = answer.status, answer.code
	header := writer.Header()
	header["Content-Type"] = answer.contentType()
	if answer.etag != "" {
		header["Etag"] = []string{answer.etag}
		header["Cache-Control"] = noCache
	}
	if answer.location != "" {
		header["Location"] = []string{answer.location}
	}
	if answer.status == http.StatusServiceUnavailable {
		header["Retry-After"] = []string{"1"}
	}
	if len(answer.body) > 0 {
		header["Content-Length"] = []string{strconv.Itoa(len(answer.body))}
	}
	writer.WriteHeader(answer.status)
	writer.Write(answer.body)
	onion.end(under, request, time.Since(started))
}

var noCache = []string{"no-cache"}

// A request's id is the client's if it is sane, and so is its trace.
func (onion *onion) begin(request *http.Request) *underway {
	count := atomic.AddUint64(&onion.next, 1)
	under := &underway{route: "none", id: request.Header.Get("X-Request-Id")}
	if !sane(under.id) {
		under.id = fmt.Sprintf("%012x-%06x", onion.seed, count)
	}
	under.span = hex16(mix(onion.seed ^ mix(count*4)))
	if given := request.Header.Get("Traceparent"); len(given) == 55 && strings.HasPrefix(given, "00-") {
		under.trace = given[3:35]
	} else {
		under.trace = hex16(mix(onion.seed^mix(count*4+1))) + hex16(mix(onion.seed^mix(count*4+2)))
	}
	return under
}

func sane(id string) bool {
	for at := 0; at < len(id); at++ {
		byte := id[at]
		if !(byte >= '0' && byte <= '9' || byte >= 'a' && byte <= 'z' || byte >= 'A' && byte <= 'Z' ||
			byte == '-' || byte == '_' || byte == '.') {
			return false
		}
	}
	return id != "" && len(id) <= 64
}

func mix(value uint64) uint64 {
	value += 0x9e3779b97f4a7c15
	value = (value ^ value>>30) * 0xbf58476d1ce4e5b9
	value = (value ^ value>>27) * 0x94d049bb133111eb
	return value ^ value>>31
}

func hex16(value uint64) string {
	var digits [16]byte
	for at := 15; at >= 0; at-- {
		digits[at] = "0123456789abcdef"[value&15]
		value >>= 4
	}
	return string(digits[:])
}

// The limits, and the handler in them. A panic costs only its request.
func (onion *onion) inside(under *underway, request *http.Request) (answer answer) {
	defer func() {
		if cause := recover(); cause != nil {
			panics.Add(1)
			answer = problem(under, http.StatusInternalServerError, "internal", "something went wrong here; the log has it under this request id")
		}
	}()
	limited, cancel := context.WithTimeout(request.Context(), timeLimit)
	defer cancel()
	body, refusal := readBody(under, request)
	if refusal != nil {
		return *refusal
	}
	if !onion.enter(limited) {
		shed.Add(1)
		return problem(under, http.StatusServiceUnavailable, "overloaded", "more requests than can be served; try again shortly")
	}
	defer func() { <-onion.places }()
	return onion.shop.route(limited, under, request, body)
}

// A place at once, or after a short wait.
func (onion *onion) enter(limited context.Context) bool {
	select {
	case onion.places <- struct{}{}:
		return true
	default:
	}
	if atomic.AddInt64(&onion.queue, 1) > waiting {
		atomic.AddInt64(&onion.queue, -1)
		return false
	}
	defer atomic.AddInt64(&onion.queue, -1)
	timer := time.NewTimer(patience)
	defer timer.Stop()
	select {
	case onion.places <- struct{}{}:
		return true
	case <-timer.C:
		return false
	case <-limited.Done():
		return false
	}
}

func readBody(under *underway, request *http.Request) ([]byte, *answer) {
	if request.ContentLength == 0 {
		return nil, nil
	}
	tooLarge := func() *answer {
		answer := problem(under, http.StatusRequestEntityTooLarge, "body_too_large", "the request's body is larger than allowed")
		return &answer
	}
	if request.ContentLength > bodyLimit {
		return nil, tooLarge()
	}
	body, err := readAll(http.MaxBytesReader(nil, request.Body, bodyLimit), request.ContentLength)
	var large *http.MaxBytesError
	if errors.As(err, &large) {
		return nil, tooLarge()
	}
	if err != nil {
		answer := problem(under, http.StatusBadRequest, "incomplete_body", "the request's body did not arrive whole")
		return nil, &answer
	}
	return body, nil
}

func (onion *onion) end(under *underway, request *http.Request, took time.Duration) {
	inFlight.Add(-1)
	requests.Add(1)
	latency.record(uint64(took.Nanoseconds()))
	if under.status >= 500 {
		failures.Add(1)
	}
	routes.Add(request.Method+"."+under.route+"."+string(rune('0'+under.status/100))+"xx", 1)

	buffer := onion.lines.Get().(*[]byte)
	line := append((*buffer)[:0], `{"timestamp":"`...)
	line = time.Now().UTC().AppendFormat(line, "2006-01-02T15:04:05.000000Z")
	line = append(line, `","level":"`...)
	line = append(line, level(under)...)
	line = append(line, `","message":"request","request_id":"`...)
	line = append(line, under.id...)
	line = append(line, `","trace_id":"`...)
	line = append(line, under.trace...)
	line = append(line, `","span_id":"`...)
	line = append(line, under.span...)
	line = append(line, `","method":"`...)
	line = append(line, request.Method...)
	line = append(line, `","route":"`...)
	line = append(line, under.route...)
	line = append(line, `","path":`...)
	line = strconv.AppendQuote(line, request.URL.Path)
	line = append(line, `,"status":`...)
	line = strconv.AppendInt(line, int64(under.status), 10)
	line = append(line, `,"took_us":`...)
	line = strconv.AppendInt(line, took.Microseconds(), 10)
	if under.code != "" {
		line = append(line, `,"code":"`...)
		line = append(line, under.code...)
		line = append(line, '"')
	}
	line = append(line, "}\n"...)
	onion.log.write(line)
	*buffer = line
	onion.lines.Put(buffer)
}

func level(under *underway) string {
	if under.status >= 500 && under.code != "overloaded" {
		return "ERROR"
	}
	return "INFO"
}

// An answer that is still to be written.
type answer struct {
	status   int
	code     string
	body     []byte
	etag     string
	location string
}

var (
	jsonType    = []string{"application/json"}
	problemType = []string{"application/problem+json"}
)

func (answer *answer) contentType() []string {
	switch {
	case answer.code != "":
		return problemType
	case answer.status == http.StatusNotModified:
		return nil
	default:
		return jsonType
	}
}

type fault struct {
	Field   string `json:"field"`
	Message string `json:"message"`
}

type document struct {
	Type      string  `json:"type"`
	Title     string  `json:"title"`
	Status    int     `json:"status"`
	Detail    string  `json:"detail"`
	Code      string  `json:"code"`
	Errors    []fault `json:"errors,omitempty"`
	RequestID string  `json:"request_id"`
	TraceID   string  `json:"trace_id"`
}

// An error as the client sees it (RFC 9457).
func problem(under *underway, status int, code string, detail string, faults ...fault) answer {
	title := strings.ReplaceAll(code, "_", " ")
	body, err := json.Marshal(document{
		Type: "/errors/" + code, Title: strings.ToUpper(title[:1]) + title[1:], Status: status, Detail: detail, Code: code,
		Errors: faults, RequestID: under.id, TraceID: under.trace,
	})
	if err != nil {
		panic(err)
	}
	return answer{status: status, code: code, body: body}
}
