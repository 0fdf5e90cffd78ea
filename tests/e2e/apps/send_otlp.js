// Makes one trace with OpenTelemetry's SDK, exports it once and prints, as
// JSON, the exporter's verdict and what was sent.
//   node send_otlp.js grpc|proto|json|udp|zipkin ADDRESS none|gzip ORDER
'use strict';
const { ROOT_CONTEXT, SpanKind, SpanStatusCode, trace } =
  require('@opentelemetry/api');
const { resourceFromAttributes } = require('@opentelemetry/resources');
const { NodeTracerProvider } = require('@opentelemetry/sdk-trace-node');

const [kind, address, compression, order] = process.argv.slice(2);

function makeExporter() {
  const options = { url: `http://${address}/v1/traces`, compression };
  switch (kind) {
    case 'grpc': {
      const { OTLPTraceExporter } =
        require('@opentelemetry/exporter-trace-otlp-grpc');
      return new OTLPTraceExporter({ ...options, url: `http://${address}` });
    }
    case 'proto': {
      const { OTLPTraceExporter } =
        require('@opentelemetry/exporter-trace-otlp-proto');
      return new OTLPTraceExporter(options);
    }
    case 'json': {
      const { OTLPTraceExporter } =
        require('@opentelemetry/exporter-trace-otlp-http');
      return new OTLPTraceExporter(options);
    }
    case 'udp': {
      const { AwsXrayUdpSpanExporter } =
        require('@aws/aws-distro-opentelemetry-exporter-xray-udp');
      return new AwsXrayUdpSpanExporter(address);
    }
    case 'zipkin': {
      const { ZipkinExporter } = require('@opentelemetry/exporter-zipkin');
      return new ZipkinExporter({ url: `http://${address}/api/v2/spans` });
    }
  }
  throw new Error(`no exporter ${kind}`);
}

const ended = [];
const provider = new NodeTracerProvider({
  resource: resourceFromAttributes({ 'service.name': 'otel-shop' }),
  spanProcessors: [{
    onStart() {},
    onEnd(span) { ended.push(span); },
    forceFlush: async () => {},
    shutdown: async () => {},
  }],
});
const tracer = provider.getTracer('e2e', '1.2.3');
const now = Math.floor(Date.now() / 1000) - 2;
const root = tracer.startSpan('GET /buy', {
  kind: SpanKind.SERVER,
  startTime: [now, 123456789],
  attributes: { order_id: order, count: 7, ratio: 0.5, paid: true },
}, ROOT_CONTEXT);
const child = tracer.startSpan('look up', {
  kind: SpanKind.CLIENT,
  startTime: [now, 223456781],
  attributes: { 'peer.service': 'stock', list: ['a', 'b'] },
}, trace.setSpan(ROOT_CONTEXT, root));
child.addEvent('retry', { attempt: 2 }, [now, 300000001]);
child.setStatus({ code: SpanStatusCode.ERROR, message: 'out of stock' });
child.end([now, 723456783]);
root.end([now, 987654321]);

const nanos = ([s, n]) => String(BigInt(s) * 1000000000n + BigInt(n));
// ADOT's exporter reads spans as version 1 of the SDK names their members.
const spans = kind !== 'udp' ? ended : ended.map((span) =>
  Object.create(span, {
    instrumentationLibrary: { value: span.instrumentationScope },
    parentSpanId: { value: span.parentSpanContext?.spanId },
  }));
const exporter = makeExporter();
exporter.export(spans, (result) => {
  console.log(JSON.stringify({
    error: result.code === 0 ? null : String(result.error),
    trace_id: root.spanContext().traceId,
    spans: ended.map((span) => ({
      id: span.spanContext().spanId,
      parent: span.parentSpanContext?.spanId ?? '',
      name: span.name,
      start: nanos(span.startTime),
      end: nanos(span.endTime),
    })),
  }));
  // ADOT's says it is done before the socket has sent anything.
  if (kind !== 'udp') exporter.shutdown();
});
