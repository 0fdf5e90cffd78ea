import com.amazonaws.xray.strategy.sampling.CentralizedSamplingStrategy;
import com.amazonaws.xray.strategy.sampling.SamplingRequest;
import java.util.StringJoiner;

/**
 * Decides with the X-Ray SDK's centralized sampling, at a steady rate.
 *
 * <p>Arguments and output are those of apps/sample.py.
 */
public class Sample {
  public static void main(String[] args) throws Exception {
    int seconds = Integer.parseInt(args[0]);
    int rate = Integer.parseInt(args[1]);
    int paths = args.length - 2;
    int[][][] counts = new int[paths][seconds + 1][2];
    CentralizedSamplingStrategy sampler = new CentralizedSamplingStrategy();
    long begin = System.nanoTime();
    for (int i = 0; i < seconds * rate; i++) {
      long wait = begin + i * 1_000_000_000L / rate - System.nanoTime();
      if (wait > 0) {
        Thread.sleep(wait / 1_000_000, (int) (wait % 1_000_000));
      }
      long second = (System.nanoTime() - begin) / 1_000_000_000L;
      int[] at = counts[i % paths][(int) Math.min(seconds, second)];
      at[0]++;
      SamplingRequest request =
          new SamplingRequest("shop", "shop.local", args[2 + i % paths], "GET", "");
      if (sampler.shouldTrace(request).isSampled()) {
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
      out.add("\"" + args[2 + p] + "\": " + one);
    }
    System.out.println(out);
    // Its pollers are threads that would go on.
    System.exit(0);
  }
}
