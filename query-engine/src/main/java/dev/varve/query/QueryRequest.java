package dev.varve.query;

import java.time.Duration;
import java.util.Set;

/**
 * A question.
 *
 * @param sql one query, or EXPLAIN and a query
 * @param timeout from start to the last batch
 * @param limit the answer ends after so many rows; {@link Long#MAX_VALUE} for all
 * @param id unused among running queries
 * @param disabledRules names of planner rules not to be applied; for tests and measurements
 */
public record QueryRequest(
        String sql, Params params, Duration timeout, long limit, String id, Set<String> disabledRules) {
    public QueryRequest {
        disabledRules = Set.copyOf(disabledRules);
    }

    public QueryRequest(String sql, Params params, Duration timeout, long limit, String id) {
        this(sql, params, timeout, limit, id, Set.of());
    }
}
