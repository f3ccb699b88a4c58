package dev.varve.ingest;

import dev.varve.ingest.decode.RowError;
import java.util.List;

/**
 * What became of a batch; it is durable.
 *
 * @param accepted rows now in the dataset
 * @param rejected rows left out
 * @param position where the batch is in the commit log, and the {@code version} of its rows; -1 when no row was accepted; of
 *     a batch that went to several shards of a cluster's log the highest
 * @param duplicate whether the batch had been appended before, under the same idempotency key
 * @param errors at most {@value #MOST_ERRORS}, one for each row left out
 */
public record Ack(long accepted, long rejected, long position, boolean duplicate, List<RowError> errors) {
    public static final int MOST_ERRORS = 100;

    public Ack {
        errors = List.copyOf(errors.size() > MOST_ERRORS ? errors.subList(0, MOST_ERRORS) : errors);
    }
}
