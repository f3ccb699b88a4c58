package dev.varve.server.http;

import dev.varve.model.ErrorCode;
import dev.varve.model.NearestName;
import dev.varve.model.VarveException;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The parameters of a URL, taken out one by one; {@link #end} refuses those nobody asked for. One thread. */
final class Parameters {
    private final Map<String, String> left = new LinkedHashMap<>();
    private final Set<String> asked = new LinkedHashSet<>();

    Parameters(Map<String, Deque<String>> parameters) {
        parameters.forEach((name, values) -> {
            if (values.size() > 1) {
                throw bad("parameter '" + Call.shortened(name) + "' is given " + values.size() + " times");
            }
            left.put(name, values.isEmpty() ? "" : values.getFirst());
        });
    }

    /** Takes the parameter out; null when absent. */
    @Nullable
    String take(String name) {
        asked.add(name);
        return left.remove(name);
    }

    boolean takeFlag(String name) {
        String value = take(name);
        if (value == null) {
            return false;
        }
        return switch (value) {
            case "true", "" -> true;
            case "false" -> false;
            default -> throw bad("parameter " + name + " is '" + Call.shortened(value) + "'; it must be true or false");
        };
    }

    @Nullable
    Long takeNumber(String name) {
        String value = take(name);
        if (value == null) {
            return null;
        }
        try {
            return Long.valueOf(value);
        } catch (NumberFormatException e) {
            throw bad("parameter " + name + " is '" + Call.shortened(value) + "'; it must be a whole number")
                    .withHint("use for example " + name + "=7");
        }
    }

    /** What has not been taken out. */
    Map<String, String> rest() {
        return Map.copyOf(left);
    }

    void end() {
        for (String name : left.keySet()) {
            throw bad("parameter '" + Call.shortened(name) + "' is unknown").withHint(NearestName.hint(name, asked));
        }
    }

    private static VarveException bad(String message) {
        return new VarveException(ErrorCode.BAD_REQUEST, message);
    }
}
