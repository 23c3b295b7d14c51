"""Reads metrics text from the standard input with Prometheus' client library, and prints what that found.

The argument is the content type. Every family is a line, and so is every sample of the first.
"""

import sys

import prometheus_client.openmetrics.parser
import prometheus_client.parser

is_open_metrics = sys.argv[1].startswith("application/openmetrics-text")
library = prometheus_client.openmetrics.parser if is_open_metrics else prometheus_client.parser
text = sys.stdin.buffer.read().decode("utf-8")
for number, family in enumerate(library.text_string_to_metric_families(text)):
    print(family.name, family.type, repr(family.unit), repr(family.documentation), len(family.samples))
    for sample in family.samples if number == 0 else []:
        labels = " ".join(f"{name}={value!r}" for name, value in sorted(sample.labels.items()))
        # The library knows both formats' times as seconds.
        at = "" if sample.timestamp is None else f" @{float(sample.timestamp)}"
        print(" ", sample.name, labels, f"{float(sample.value)}{at}")
