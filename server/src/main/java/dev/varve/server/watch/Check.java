package dev.varve.server.watch;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.varve.server.wire.Json;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/**
 * What a look at one thing showed.
 *
 * @param name such as {@code disk}
 * @param text for people
 * @param figures for programs
 */
public record Check(String name, State state, String text, Map<String, Number> figures) {
    /** How it is. */
    public enum State {
        OK,
        WARNING,
        FAILING
    }

    public Check {
        figures = Map.copyOf(figures);
    }

    ObjectNode json() {
        ObjectNode json = Json.object()
                .put("name", name)
                .put("state", state.name().toLowerCase(Locale.ROOT))
                .put("text", text);
        ObjectNode numbers = json.putObject("figures");
        new TreeMap<>(figures).forEach((figure, value) -> {
            if (value instanceof Double || value instanceof Float) {
                numbers.put(figure, value.doubleValue());
            } else {
                numbers.put(figure, value.longValue());
            }
        });
        return json;
    }
}
