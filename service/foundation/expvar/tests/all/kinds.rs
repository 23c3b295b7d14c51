//! Kinds guessed for the names that occur in the wild.

use expvar::read::{Document, Kind, Number, Scalar, guess_kind};

use Kind::{Bytes, Counter, Flag, Gauge, List, Nanoseconds, Text};

#[test]
fn numbers_by_name() {
    let cases: &[(Kind, &[&str])] = &[
        (
            Bytes,
            &[
                "memstats.Alloc",
                "memstats.TotalAlloc",
                "memstats.Sys",
                "memstats.HeapAlloc",
                "memstats.HeapSys",
                "memstats.HeapIdle",
                "memstats.HeapInuse",
                "memstats.HeapReleased",
                "memstats.StackInuse",
                "memstats.StackSys",
                "memstats.MSpanInuse",
                "memstats.MSpanSys",
                "memstats.MCacheInuse",
                "memstats.MCacheSys",
                "memstats.BuckHashSys",
                "memstats.GCSys",
                "memstats.OtherSys",
                "memstats.NextGC",
                "process.rss_bytes",
                "size_bytes.p99",
                "go_memstats_alloc_bytes_total",
                "process_resident_memory_bytes",
                "net.bytes.sent",
                "bytes_read",
                "bytesReceived",
                "heapUsed",
                "memory.rss",
                "memory_limit",
                "cgroup.memory.limit_bytes",
                "response_size_bytes_sum",
                "bytes_by_route./v1/orders",
            ],
        ),
        (
            Counter,
            &[
                "memstats.Lookups",
                "memstats.Mallocs",
                "memstats.Frees",
                "memstats.NumGC",
                "memstats.NumForcedGC",
                "requests",
                "errors",
                "panics",
                "orders_placed",
                "orders_rejected",
                "latency_ns.count",
                "latency_ns./v1/orders.count",
                "http.hits",
                "requests.GET.200",
                "requests_by_route.GET /v1/orders/{id}.200",
                "http_requests_total",
                "http_request_duration_seconds_count",
                "http_request_duration_seconds_sum",
                "http_request_duration_seconds_bucket",
                "process_cpu_seconds_total",
                "totalRequests",
                "runtime.workers.0.park_count",
                "runtime.budget_yields",
                "cpu.throttled",
                "cache.misses",
                "numRequests",
                "involuntary_context_switches",
                "tasks.started",
                "sizes.sum",
                "total_connections",
                "routes.GET./v1/orders/{id}.200",
                "routes.POST.5xx",
                "200",
                "pieces_sold",
                "revenue.EUR",
                "orders_rejected.out_of_stock",
                "store.commits",
                "log_lines_lost",
                "channels.parcels.send_waits",
            ],
        ),
        (
            Nanoseconds,
            &[
                "memstats.PauseTotalNs",
                "latency_ns.p50",
                "latency_ns.p999",
                "latency_ns.mean",
                "latency_ns.sum",
                "latency_ns.GET /v1/orders.200.max",
                "uptime_ns",
                "cpu.throttled_ns",
                "runtime.workers.0.busy_ns",
                "commit_latency_ns.min",
                "elapsedNanos",
                "wait_ns_total",
            ],
        ),
        (
            Gauge,
            &[
                "memstats.HeapObjects",
                "memstats.LastGC",
                "memstats.GCCPUFraction",
                "goroutines",
                "tasks",
                "tasks.alive",
                "in_flight",
                "requests_in_flight",
                "http.inFlight",
                "store.queue_depth",
                "queue_len",
                "workers",
                "threads",
                "open_fds",
                "thread_count",
                "connection_count",
                "active_requests",
                "max_retries",
                "error_rate",
                "hit_ratio",
                "cpu_percent",
                "requests_per_second",
                "bytes_per_second",
                "latency_ms",
                "uptime",
                "duration",
                "p99",
                "latency_p99",
                "process_start_time_seconds",
                "last_gc_timestamp_ns",
                "load.1",
                "temperature",
                "x",
                "",
                "a.b.c",
                "pool_size",
                "heap_objects",
                "channels.parcels.capacity",
                "store.write_queue",
                "senders_waiting",
                "store.batch.p50",
                "requests.max",
                "requests.rate",
                "errors.last",
                "go_threads",
                "/v1/errors",
                "600",
                "2000",
                "thresholds.low",
            ],
        ),
    ];
    let one = Scalar::Number(Number::U64(1));
    for &(kind, paths) in cases {
        for &path in paths {
            assert_eq!(guess_kind(&path.into(), &one), kind, "{path}");
        }
    }
}

#[test]
fn the_type_comes_before_the_name() {
    let cases = [
        (r#"{"errors": "none"}"#, "errors", Text),
        (
            r#"{"memstats": {"EnableGC": true}}"#,
            "memstats.EnableGC",
            Flag,
        ),
        (
            r#"{"memstats": {"PauseNs": [1, 2]}}"#,
            "memstats.PauseNs",
            List,
        ),
        (r#"{"errors": -1}"#, "errors", Gauge),
        (r#"{"delta_bytes": -1}"#, "delta_bytes", Bytes),
        (r#"{"load": null}"#, "load", Gauge),
        (r#"{"requests": null}"#, "requests", Counter),
        (r#"{"requests": 1.5}"#, "requests", Counter),
    ];
    for (document, path, kind) in cases {
        let value = Document::parse(document.as_bytes())
            .expect(document)
            .get(&path.into())
            .expect(path);
        assert_eq!(guess_kind(&path.into(), &value), kind, "{document}");
    }
}
