package dev.varve.server.wire;

import java.util.Collection;
import java.util.Locale;
import java.util.Optional;

/** The known word somebody may have meant. */
public final class Nearest {
    private Nearest() {}

    /** The known word with the fewest letters to change, if that is at most a third of them. */
    public static Optional<String> to(String word, Collection<String> known) {
        String asked = word.toLowerCase(Locale.ROOT);
        if (asked.length() > 200) {
            return Optional.empty();
        }
        String best = null;
        int fewest = Integer.MAX_VALUE;
        for (String candidate : known) {
            int changes = changes(asked, candidate.toLowerCase(Locale.ROOT));
            if (changes < fewest) {
                fewest = changes;
                best = candidate;
            }
        }
        return best != null && fewest <= Math.max(1, Math.max(asked.length(), best.length()) / 3)
                ? Optional.of(best)
                : Optional.empty();
    }

    /** "did you mean 'x'?", or the words there are. */
    public static String hint(String word, Collection<String> known) {
        return to(word, known)
                .map(nearest -> "did you mean '" + nearest + "'?")
                .orElseGet(() -> "known: " + String.join(", ", known));
    }

    /** Letters to insert, delete, replace or swap with their neighbour. */
    private static int changes(String from, String to) {
        int[] before = new int[to.length() + 1];
        int[] previous = new int[to.length() + 1];
        for (int j = 0; j <= to.length(); j++) {
            previous[j] = j;
        }
        for (int i = 1; i <= from.length(); i++) {
            int[] current = new int[to.length() + 1];
            current[0] = i;
            for (int j = 1; j <= to.length(); j++) {
                int replaced = previous[j - 1] + (from.charAt(i - 1) == to.charAt(j - 1) ? 0 : 1);
                current[j] = Math.min(replaced, Math.min(previous[j], current[j - 1]) + 1);
                if (i > 1
                        && j > 1
                        && from.charAt(i - 1) == to.charAt(j - 2)
                        && from.charAt(i - 2) == to.charAt(j - 1)) {
                    current[j] = Math.min(current[j], before[j - 2] + 1);
                }
            }
            before = previous;
            previous = current;
        }
        return previous[to.length()];
    }
}
