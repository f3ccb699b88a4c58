package dev.varve.controller;

import org.jspecify.annotations.Nullable;

/**
 * How a job is doing.
 *
 * @param runs finished steps since start, failed ones included
 * @param failures failed steps since start
 * @param failuresInRow failed steps since the last good one; 0 means healthy
 * @param lastError message of the last failure, or null
 */
public record JobStatus(
        String name,
        long runs,
        long failures,
        int failuresInRow,
        @Nullable String lastError) {}
