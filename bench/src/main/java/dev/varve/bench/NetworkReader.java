package dev.varve.bench;

import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.vector.VectorSchemaRoot;
import org.apache.arrow.vector.ipc.ArrowReader;
import org.apache.arrow.vector.types.pojo.Schema;

/** Some consecutive rows of a network as a stream of batches. */
final class NetworkReader extends ArrowReader {
    static final int BATCH_ROWS = 65_536;

    private final StationNetwork network;
    private final long end;
    private long next;

    NetworkReader(StationNetwork network, long first, long rows, BufferAllocator memory) {
        super(memory);
        this.network = network;
        this.next = first;
        this.end = first + rows;
    }

    @Override
    public boolean loadNextBatch() throws java.io.IOException {
        prepareLoadNextBatch();
        if (next == end) {
            return false;
        }
        int count = (int) Math.min(BATCH_ROWS, end - next);
        VectorSchemaRoot batch = getVectorSchemaRoot();
        network.fill(batch, next, count);
        next += count;
        return true;
    }

    @Override
    public long bytesRead() {
        return 0;
    }

    @Override
    protected void closeReadSource() {}

    @Override
    protected Schema readSchema() {
        return StationNetwork.SCHEMA;
    }
}
