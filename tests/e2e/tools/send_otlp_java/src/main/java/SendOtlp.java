import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.api.trace.Tracer;
import io.opentelemetry.context.Context;
import io.opentelemetry.exporter.otlp.http.trace.OtlpHttpSpanExporter;
import io.opentelemetry.exporter.otlp.trace.OtlpGrpcSpanExporter;
import io.opentelemetry.sdk.common.CompletableResultCode;
import io.opentelemetry.sdk.resources.Resource;
import io.opentelemetry.sdk.trace.SdkTracerProvider;
import io.opentelemetry.sdk.trace.data.SpanData;
import io.opentelemetry.sdk.trace.export.SimpleSpanProcessor;
import io.opentelemetry.sdk.trace.export.SpanExporter;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** As apps/send_otlp.py, with OpenTelemetry's SDK for Java. */
public final class SendOtlp {
  /** Keeps the spans that end, in order. */
  private static final class Memory implements SpanExporter {
    final List<SpanData> spans = new ArrayList<>();

    @Override
    public CompletableResultCode export(Collection<SpanData> ended) {
      spans.addAll(ended);
      return CompletableResultCode.ofSuccess();
    }

    @Override
    public CompletableResultCode flush() {
      return CompletableResultCode.ofSuccess();
    }

    @Override
    public CompletableResultCode shutdown() {
      return CompletableResultCode.ofSuccess();
    }
  }

  private static SpanExporter exporter(String kind, String address, String compression) {
    if (kind.equals("grpc")) {
      return OtlpGrpcSpanExporter.builder()
          .setEndpoint("http://" + address)
          .setCompression(compression)
          .build();
    }
    return OtlpHttpSpanExporter.builder()
        .setEndpoint("http://" + address + "/v1/traces")
        .setCompression(compression)
        .build();
  }

  private static List<SpanData> makeSpans(String order) {
    Memory memory = new Memory();
    try (SdkTracerProvider provider =
        SdkTracerProvider.builder()
            .setResource(
                Resource.create(
                    Attributes.of(AttributeKey.stringKey("service.name"), "otel-shop")))
            .addSpanProcessor(SimpleSpanProcessor.create(memory))
            .build()) {
      Tracer tracer = provider.get("e2e", "1.2.3");
      long base = (System.currentTimeMillis() / 1000 - 2) * 1_000_000_000L;
      Span root =
          tracer
              .spanBuilder("GET /buy")
              .setSpanKind(SpanKind.SERVER)
              .setStartTimestamp(base + 123456789, TimeUnit.NANOSECONDS)
              .setAttribute("order_id", order)
              .setAttribute("count", 7)
              .setAttribute("ratio", 0.5)
              .setAttribute("paid", true)
              .startSpan();
      Span child =
          tracer
              .spanBuilder("look up")
              .setParent(Context.root().with(root))
              .setSpanKind(SpanKind.CLIENT)
              .setStartTimestamp(base + 223456781, TimeUnit.NANOSECONDS)
              .setAttribute("peer.service", "stock")
              .setAttribute(AttributeKey.stringArrayKey("list"), List.of("a", "b"))
              .startSpan();
      child.addEvent(
          "retry",
          Attributes.of(AttributeKey.longKey("attempt"), 2L),
          base + 300000001,
          TimeUnit.NANOSECONDS);
      child.setStatus(StatusCode.ERROR, "out of stock");
      child.end(base + 723456783, TimeUnit.NANOSECONDS);
      root.end(base + 987654321, TimeUnit.NANOSECONDS);
    }
    return memory.spans;
  }

  public static void main(String[] arguments) {
    List<SpanData> spans = makeSpans(arguments[3]);
    try (SpanExporter exporter = exporter(arguments[0], arguments[1], arguments[2])) {
      CompletableResultCode result = exporter.export(spans).join(30, TimeUnit.SECONDS);
      List<String> shown = new ArrayList<>();
      for (SpanData span : spans) {
        String parent = span.getParentSpanContext().isValid() ? span.getParentSpanId() : "";
        shown.add(
            String.format(
                "{\"id\":\"%s\",\"parent\":\"%s\",\"name\":\"%s\",\"start\":\"%d\",\"end\":\"%d\"}",
                span.getSpanId(),
                parent,
                span.getName(),
                span.getStartEpochNanos(),
                span.getEndEpochNanos()));
      }
      System.out.printf(
          "{\"error\":%s,\"trace_id\":\"%s\",\"spans\":[%s]}%n",
          result.isSuccess() ? "null" : "\"it was not accepted\"",
          spans.get(0).getTraceId(),
          String.join(",", shown));
    }
  }
}
