package dev.varve.query;

/**
 * What a query has done so far.
 *
 * @param rows rows answered
 * @param liveRows rows read that are not yet in files
 */
public record QueryStats(
        long rows,
        long planMillis,
        long runMillis,
        long filesTotal,
        long filesRead,
        long bytesTotal,
        long bytesRead,
        long liveRows) {}
