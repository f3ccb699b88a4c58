package dev.varve.server.cli;

import dev.varve.server.console.Amounts;
import java.time.Duration;

/** The last line of a load. */
final class Summary {
    private Summary() {}

    /** The rows known before are among the accepted. */
    static String of(String dataset, long accepted, long rejected, long knownBefore, Duration elapsed) {
        double seconds = Math.max(1, elapsed.toMillis()) / 1000.0;
        return dataset + ": " + Amounts.count(accepted) + " rows accepted, " + Amounts.count(rejected) + " rejected in "
                + Amounts.duration(elapsed) + " (" + Amounts.about(accepted / seconds) + " rows/s)"
                + (knownBefore == 0 ? "" : "; " + Amounts.count(knownBefore) + " of them were there already");
    }
}
