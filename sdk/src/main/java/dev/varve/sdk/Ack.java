package dev.varve.sdk;

/**
 * Rows that are durable, counted since the writer was opened.
 *
 * @param accepted rows stored, including those an earlier attempt had stored already
 * @param rejected rows the node refused
 * @param repeated of the accepted, rows whose key the node had applied before: by a retry, or by an earlier run
 * @param position the highest position in the node's log
 */
public record Ack(long accepted, long rejected, long repeated, long position) {
    static final Ack NONE = new Ack(0, 0, 0, -1);

    Ack plus(LoadReport report) {
        return new Ack(
                accepted + report.accepted(),
                rejected + report.rejected(),
                repeated + (report.duplicate() ? report.accepted() : 0),
                Math.max(position, report.position()));
    }
}
