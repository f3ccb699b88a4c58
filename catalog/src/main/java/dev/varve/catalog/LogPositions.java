package dev.varve.catalog;

import dev.varve.model.ErrorCode;
import dev.varve.model.VarveException;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * How positions in the shards of a log are written in a snapshot's summary: that of shard 0 as {@code varve.log-position},
 * and if there are others, all as {@code varve.log-positions}, such as {@code 0:123,1:77}.
 */
final class LogPositions {
    private static final String FIRST = "varve.log-position";
    private static final String ALL = "varve.log-positions";

    private LogPositions() {}

    static Map<Integer, Long> of(org.apache.iceberg.@Nullable Snapshot snapshot) {
        return snapshot == null ? Map.of() : read(snapshot.summary());
    }

    private static Map<Integer, Long> read(Map<String, String> summary) {
        Map<Integer, Long> positions = new HashMap<>();
        String all = summary.getOrDefault(ALL, "");
        try {
            positions.put(0, Long.parseLong(summary.getOrDefault(FIRST, "0")));
            for (String shard : all.isEmpty() ? new String[0] : all.split(",", -1)) {
                int colon = shard.indexOf(':');
                positions.merge(
                        Integer.parseInt(shard, 0, colon, 10), Long.parseLong(shard.substring(colon + 1)), Math::max);
            }
        } catch (NumberFormatException | IndexOutOfBoundsException e) {
            throw new VarveException(ErrorCode.CORRUPT, "a snapshot has the log positions '" + all + "'", e);
        }
        return positions;
    }

    /** The properties of a summary that say these positions. */
    static Map<String, String> properties(Map<Integer, Long> positions) {
        String first = Long.toString(positions.getOrDefault(0, 0L));
        if (positions.keySet().stream().allMatch(shard -> shard == 0)) {
            return Map.of(FIRST, first);
        }
        String all = new TreeMap<>(positions)
                .entrySet().stream()
                        .map(shard -> shard.getKey() + ":" + shard.getValue())
                        .collect(Collectors.joining(","));
        return Map.of(FIRST, first, ALL, all);
    }

    /** These positions with that of a shard no lower than before. */
    static Map<Integer, Long> with(Map<Integer, Long> positions, int shard, long position) {
        Map<Integer, Long> moved = new HashMap<>(positions);
        moved.merge(shard, position, Math::max);
        return moved;
    }
}
