"""Takes spans by OTLP over HTTP and reads them by OpenTelemetry's own definitions (package opentelemetry-proto).

Prints its address; when the standard input ends, each span as a line of JSON.
"""

import http.server
import json
import sys
import threading

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest, ExportTraceServiceResponse
from opentelemetry.proto.trace.v1.trace_pb2 import Span

spans = []


def values(attributes):
    return {pair.key: getattr(pair.value, pair.value.WhichOneof("value")) for pair in attributes}


class Receiver(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"]))
        is_right = self.path == "/v1/traces" and self.headers["content-type"] == "application/x-protobuf"
        request = ExportTraceServiceRequest()
        request.ParseFromString(body)
        # Nothing was sent that the definitions do not know.
        is_right &= request.SerializeToString() != b"" and not any(unknown(request))
        for group in request.resource_spans if is_right else []:
            for scope in group.scope_spans:
                for span in scope.spans:
                    spans.append({
                        "name": span.name,
                        "trace": span.trace_id.hex(),
                        "span": span.span_id.hex(),
                        "parent": span.parent_span_id.hex(),
                        "state": span.trace_state,
                        "kind": Span.SpanKind.Name(span.kind),
                        "start": span.start_time_unix_nano,
                        "end": span.end_time_unix_nano,
                        "attributes": values(span.attributes),
                        "status": span.status.code,
                        "resource": values(group.resource.attributes),
                        "scope": scope.scope.name,
                    })
        answer = ExportTraceServiceResponse().SerializeToString()
        self.send_response(200 if is_right else 400)
        self.send_header("content-type", "application/x-protobuf")
        self.send_header("content-length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_):
        pass


def unknown(message):
    """Whether a message, or one inside of it, has fields that the definitions do not have."""
    from google.protobuf import unknown_fields

    yield len(unknown_fields.UnknownFieldSet(message)) > 0
    for field, value in message.ListFields():
        if field.type == field.TYPE_MESSAGE:
            for inner in value if isinstance(value, list) or hasattr(value, "add") else [value]:
                yield from unknown(inner)


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
threading.Thread(target=server.serve_forever, daemon=True).start()
print("%s:%d" % server.server_address, flush=True)
sys.stdin.read()
for span in spans:
    print(json.dumps(span))
