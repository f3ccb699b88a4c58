package dev.varve.query;

import dev.varve.model.VarveException;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;

/**
 * The small queries that a node asks itself after its start, each with other constants, for plans are remembered.
 *
 * <p>A just-in-time compiler takes some hundred of them until planning is several times as fast as at first.
 */
final class WarmUp {
    private static final int ROUNDS = 200;
    private static final Duration LONGEST = Duration.ofSeconds(2);
    private static final Duration LONGEST_QUERY = Duration.ofSeconds(30);
    private static final List<String> OVER_DATASET = List.of(
            "SELECT time, lat, lon FROM %s WHERE time >= TIMESTAMP '1700-01-01 00:00:00.%03d' AND time <"
                    + " TIMESTAMP '1700-01-01 00:00:01' ORDER BY time",
            "SELECT cell, count(*) AS n, avg(lat) AS lat FROM %s WHERE lat BETWEEN 48.%03d AND 49 AND lon BETWEEN 8 AND 9"
                    + " AND time < TIMESTAMP '1700-01-01' GROUP BY cell",
            "WITH a AS (SELECT * FROM %s WHERE ST_DWithin(ST_Point(lon, lat), ST_Point(8.%03d, 50), 1000)) SELECT"
                    + " date_trunc('hour', time) AS hour, min(lat) AS south FROM a WHERE time < '1700-01-01'"
                    + " GROUP BY 1 ORDER BY 2 DESC LIMIT 3");

    private final QueryEngine engine;
    private final Tables tables;

    WarmUp(QueryEngine engine, Tables tables) {
        this.engine = engine;
        this.tables = tables;
    }

    /** Ends early when told to, and at the first query that fails, as all do once the engine is closed. */
    void run(BooleanSupplier isStopped) {
        long end = System.nanoTime() + LONGEST.toNanos();
        try {
            for (int round = 0; round < ROUNDS && System.nanoTime() < end && !isStopped.getAsBoolean(); round++) {
                for (String sql : statements(round)) {
                    ask(sql);
                }
            }
        } catch (RuntimeException e) {
            // Only speed is lost, and an engine that is being closed fails in whatever way.
            if (!(e instanceof VarveException) && !isStopped.getAsBoolean()) {
                throw e;
            }
        }
    }

    /** One over values and, if there is a dataset, one over it. */
    List<String> statements(int round) {
        String overValues =
                "SELECT count(*) AS n, max(x) AS x FROM (VALUES (1, TIMESTAMP '2000-01-01'), (2, NULL)) AS t(x, y)"
                        + " WHERE x > 0 AND y >= '1999-01-01' GROUP BY y ORDER BY n LIMIT " + (round + 1);
        String overDataset = OVER_DATASET.get(round % OVER_DATASET.size());
        return Stream.concat(
                        Stream.of(overValues),
                        tables.datasets().stream()
                                .limit(1)
                                .map(dataset -> '"' + dataset.name().value() + '"')
                                .map(name -> overDataset.formatted(name, round)))
                .toList();
    }

    private void ask(String sql) {
        String id = "warm-up-" + UUID.randomUUID();
        try (Query query = engine.start(new QueryRequest(sql, Params.NONE, LONGEST_QUERY, Long.MAX_VALUE, id))) {
            while (query.next()) {
                // only to be run
            }
        }
    }
}
