package dev.varve.query;

import java.time.Instant;

/** A query that has not ended. */
public record RunningQuery(String id, String sql, Instant started) {}
