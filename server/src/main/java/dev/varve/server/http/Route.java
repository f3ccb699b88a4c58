package dev.varve.server.http;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What answers one method on one path.
 *
 * @param path such as {@code /api/v1/datasets/{name}}; a last segment such as {@code {key*}} stands for all that follows
 * @param weight whether it may run on an I/O thread, and whether it counts against the limit of concurrent requests
 */
record Route(String method, String path, Weight weight, Answering answering) {
    enum Weight {
        /** Returns at once: runs on the I/O thread and is answered however busy the node is. */
        CHEAP,
        /** May wait a little, but is needed most when the node is busy. */
        ALWAYS,
        /** May wait and work; limited. */
        WORK
    }

    @FunctionalInterface
    interface Answering {
        void answer(Call call) throws Exception;
    }

    /** The values of the path's variables, or null when the path is another one. */
    @Nullable
    List<String> match(List<String> segments) {
        List<String> pattern = segments(path);
        boolean takesRest = pattern.getLast().endsWith("*}");
        if (takesRest ? segments.size() < pattern.size() : segments.size() != pattern.size()) {
            return null;
        }
        List<String> values = new ArrayList<>();
        for (int i = 0; i < pattern.size(); i++) {
            if (takesRest && i == pattern.size() - 1) {
                String rest = String.join("/", segments.subList(i, segments.size()));
                if (rest.isEmpty()) {
                    return null;
                }
                values.add(rest);
            } else if (pattern.get(i).startsWith("{")) {
                values.add(segments.get(i));
            } else if (!pattern.get(i).equals(segments.get(i))) {
                return null;
            }
        }
        return values;
    }

    static List<String> segments(String path) {
        return List.of(path.substring(Math.min(1, path.length())).split("/", -1));
    }
}
