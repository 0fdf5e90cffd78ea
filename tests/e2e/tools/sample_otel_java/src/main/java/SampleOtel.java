import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.context.Context;
import io.opentelemetry.contrib.awsxray.AwsXrayRemoteSampler;
import io.opentelemetry.sdk.resources.Resource;
import io.opentelemetry.sdk.trace.IdGenerator;
import io.opentelemetry.sdk.trace.samplers.SamplingDecision;
import java.time.Duration;
import java.util.List;
import java.util.StringJoiner;

/**
 * Decides with OpenTelemetry's X-Ray sampler, at a steady rate.
 *
 * <p>The first argument is the server's address, the others and the output are
 * those of apps/sample.py.
 */
public class SampleOtel {
  public static void main(String[] args) throws Exception {
    int seconds = Integer.parseInt(args[1]);
    int rate = Integer.parseInt(args[2]);
    int paths = args.length - 3;
    int[][][] counts = new int[paths][seconds + 1][2];
    Resource resource =
        Resource.create(Attributes.of(AttributeKey.stringKey("service.name"), "shop"));
    AwsXrayRemoteSampler sampler =
        AwsXrayRemoteSampler.newBuilder(resource)
            .setEndpoint(args[0])
            .setPollingInterval(Duration.ofSeconds(2))
            .build();
    Attributes[] requests = new Attributes[paths];
    for (int p = 0; p < paths; p++) {
      requests[p] =
          Attributes.of(
              AttributeKey.stringKey("http.method"), "GET",
              AttributeKey.stringKey("http.target"), args[3 + p],
              AttributeKey.stringKey("http.host"), "shop.local");
    }
    IdGenerator ids = IdGenerator.random();
    long begin = System.nanoTime();
    for (int i = 0; i < seconds * rate; i++) {
      long wait = begin + i * 1_000_000_000L / rate - System.nanoTime();
      if (wait > 0) {
        Thread.sleep(wait / 1_000_000, (int) (wait % 1_000_000));
      }
      long second = (System.nanoTime() - begin) / 1_000_000_000L;
      int[] at = counts[i % paths][(int) Math.min(seconds, second)];
      at[0]++;
      if (sampler
              .shouldSample(
                  Context.root(), ids.generateTraceId(), "GET", SpanKind.SERVER,
                  requests[i % paths], List.of())
              .getDecision()
          == SamplingDecision.RECORD_AND_SAMPLE) {
        at[1]++;
      }
      if (i == 0) {
        System.out.println("{\"started\": true}");
        System.out.flush();
      }
    }
    StringJoiner out = new StringJoiner(", ", "{", "}");
    for (int p = 0; p < paths; p++) {
      StringJoiner one = new StringJoiner(", ", "[", "]");
      for (int[] at : counts[p]) {
        one.add("[" + at[0] + ", " + at[1] + "]");
      }
      out.add("\"" + args[3 + p] + "\": " + one);
    }
    System.out.println(out);
    // Its pollers are threads that would go on.
    System.exit(0);
  }
}
