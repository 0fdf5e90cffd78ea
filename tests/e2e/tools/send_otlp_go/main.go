// As apps/send_otlp.py, with OpenTelemetry's SDK for Go.
//
//	send_otlp grpc|proto ADDRESS none|gzip ORDER
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"strconv"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracegrpc"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/sdk/resource"
	sdk "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"
)

func newExporter(ctx context.Context, kind, address, compression string) (*otlptrace.Exporter, error) {
	if kind == "grpc" {
		options := []otlptracegrpc.Option{
			otlptracegrpc.WithEndpoint(address), otlptracegrpc.WithInsecure()}
		if compression == "gzip" {
			options = append(options, otlptracegrpc.WithCompressor("gzip"))
		}
		return otlptracegrpc.New(ctx, options...)
	}
	mode := otlptracehttp.NoCompression
	if compression == "gzip" {
		mode = otlptracehttp.GzipCompression
	}
	return otlptracehttp.New(ctx, otlptracehttp.WithEndpoint(address),
		otlptracehttp.WithInsecure(), otlptracehttp.WithCompression(mode))
}

// Two spans, which `order` is found by.
func makeSpans(ctx context.Context, order string) tracetest.SpanStubs {
	memory := tracetest.NewInMemoryExporter()
	provider := sdk.NewTracerProvider(
		sdk.WithSyncer(memory),
		sdk.WithResource(resource.NewSchemaless(
			attribute.String("service.name", "otel-shop"))))
	tracer := provider.Tracer("e2e", trace.WithInstrumentationVersion("1.2.3"))
	base := time.Now().Truncate(time.Second).Add(-2 * time.Second)
	at := func(ns int64) time.Time { return base.Add(time.Duration(ns)) }
	ctx, root := tracer.Start(ctx, "GET /buy", trace.WithTimestamp(at(123456789)),
		trace.WithSpanKind(trace.SpanKindServer), trace.WithAttributes(
			attribute.String("order_id", order), attribute.Int("count", 7),
			attribute.Float64("ratio", 0.5), attribute.Bool("paid", true)))
	_, child := tracer.Start(ctx, "look up", trace.WithTimestamp(at(223456781)),
		trace.WithSpanKind(trace.SpanKindClient), trace.WithAttributes(
			attribute.String("peer.service", "stock"),
			attribute.StringSlice("list", []string{"a", "b"})))
	child.AddEvent("retry", trace.WithTimestamp(at(300000001)),
		trace.WithAttributes(attribute.Int("attempt", 2)))
	child.SetStatus(codes.Error, "out of stock")
	child.End(trace.WithTimestamp(at(723456783)))
	root.End(trace.WithTimestamp(at(987654321)))
	return memory.GetSpans()
}

func main() {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	spans := makeSpans(ctx, os.Args[4])
	exporter, err := newExporter(ctx, os.Args[1], os.Args[2], os.Args[3])
	if err == nil {
		err = exporter.ExportSpans(ctx, spans.Snapshots())
	}
	sent := map[string]any{"error": nil,
		"trace_id": spans[0].SpanContext.TraceID().String()}
	if err != nil {
		sent["error"] = err.Error()
	}
	list := []map[string]string{}
	for _, span := range spans {
		parent := ""
		if span.Parent.SpanID().IsValid() {
			parent = span.Parent.SpanID().String()
		}
		list = append(list, map[string]string{
			"id":     span.SpanContext.SpanID().String(),
			"parent": parent,
			"name":   span.Name,
			"start":  strconv.FormatInt(span.StartTime.UnixNano(), 10),
			"end":    strconv.FormatInt(span.EndTime.UnixNano(), 10)})
	}
	sent["spans"] = list
	text, _ := json.Marshal(sent)
	fmt.Println(string(text))
}
