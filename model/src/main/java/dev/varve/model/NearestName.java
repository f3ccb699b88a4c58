package dev.varve.model;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** The known name that somebody probably meant. */
public final class NearestName {
    private static final int LONGEST = 200;
    private static final int SHORTEST_START = 3;

    private NearestName() {}

    /**
     * The known name with the fewest letters to change, whatever their case; of several the first. When more than a third
     * of the letters would change, the only one that begins with the wanted name or that it begins with, if there is one.
     */
    public static Optional<String> of(String wanted, Collection<String> known) {
        if (wanted.length() > LONGEST) {
            return Optional.empty();
        }
        String word = wanted.toLowerCase(Locale.ROOT);
        String best = null;
        int fewest = Integer.MAX_VALUE;
        List<String> starts = new ArrayList<>();
        for (String name : known) {
            String candidate = name.toLowerCase(Locale.ROOT);
            int changes = changes(word, candidate);
            if (changes < fewest && isFew(changes, word, candidate)) {
                fewest = changes;
                best = name;
            }
            if (isStart(word, candidate)) {
                starts.add(name);
            }
        }
        return best == null && starts.size() == 1 ? Optional.of(starts.getFirst()) : Optional.ofNullable(best);
    }

    /** {@code did you mean 'x'?}, or the names there are. */
    public static String hint(String wanted, Collection<String> known) {
        return of(wanted, known)
                .map(name -> "did you mean '" + name + "'?")
                .orElseGet(() -> "known: " + String.join(", ", known));
    }

    private static boolean isFew(int changes, String a, String b) {
        return changes <= Math.max(1, Math.max(a.length(), b.length()) / 3);
    }

    private static boolean isStart(String a, String b) {
        return Math.min(a.length(), b.length()) >= SHORTEST_START && (a.startsWith(b) || b.startsWith(a));
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
