"""Reads export requests, one a line, as the protocol's own messages. What these do not know is an error.

Answers with the number of spans.
"""

import sys

from google.protobuf import json_format
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status


def main():
    count = 0
    for line in sys.stdin:
        request = json_format.Parse(with_base64_ids(line), ExportTraceServiceRequest())
        for resource in request.resource_spans:
            names = {attribute.key: attribute.value.string_value for attribute in resource.resource.attributes}
            assert names["service.name"], names
            for scope in resource.scope_spans:
                for span in scope.spans:
                    check(span)
                    count += 1
    print(count)


def with_base64_ids(line):
    """OTLP's JSON has ids in hexadecimal digits, unlike the usual JSON of protobuf."""
    import base64
    import json

    request = json.loads(line)
    for resource in request["resourceSpans"]:
        for scope in resource["scopeSpans"]:
            for span in scope["spans"]:
                for name, length in (("traceId", 32), ("spanId", 16), ("parentSpanId", 16)):
                    if name in span:
                        assert len(span[name]) == length and span[name] == span[name].lower(), span[name]
                        span[name] = base64.b64encode(bytes.fromhex(span[name])).decode()
    return json.dumps(request)


def check(span):
    assert len(span.trace_id) == 16 and any(span.trace_id), span
    assert len(span.span_id) == 8 and any(span.span_id), span
    assert span.parent_span_id == b"" or len(span.parent_span_id) == 8, span
    assert span.kind in (Span.SPAN_KIND_INTERNAL, Span.SPAN_KIND_SERVER, Span.SPAN_KIND_CLIENT), span
    assert 0 < span.start_time_unix_nano <= span.end_time_unix_nano, span
    assert span.status.code in (Status.STATUS_CODE_UNSET, Status.STATUS_CODE_ERROR), span
    keys = [attribute.key for attribute in span.attributes]
    assert len(keys) == len(set(keys)), keys
    for attribute in span.attributes:
        assert attribute.value.WhichOneof("value"), attribute
    for event in span.events:
        assert event.name and span.start_time_unix_nano <= event.time_unix_nano <= span.end_time_unix_nano, span


main()
