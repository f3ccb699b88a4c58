package dev.varve.server;

import dev.varve.ingest.Ack;
import dev.varve.ingest.Ingest;
import dev.varve.ingest.IngestStatus;
import dev.varve.ingest.LoadReport;
import dev.varve.ingest.LoadRequest;
import dev.varve.ingest.OnError;
import dev.varve.ingest.Proposal;
import dev.varve.model.DatasetName;
import dev.varve.server.wire.RowStore;
import java.io.InputStream;
import java.util.concurrent.CompletableFuture;
import org.apache.arrow.vector.VectorSchemaRoot;
import org.jspecify.annotations.Nullable;

/** Ingest, as the endpoints use it. */
record LakeRows(Ingest ingest) implements RowStore {
    @Override
    public Loaded load(Load load, InputStream body) {
        LoadReport report = ingest.load(request(load), body);
        return new Loaded(
                report.accepted(),
                report.rejected(),
                report.position(),
                report.duplicate(),
                report.errors(),
                report.errorsTruncated());
    }

    @Override
    public Inferred infer(Load load, InputStream body) {
        Proposal proposal = ingest.infer(request(load), body);
        return new Inferred(
                proposal.schema(),
                proposal.mapping(),
                proposal.decoding(),
                proposal.rows(),
                proposal.rejected(),
                proposal.errors());
    }

    @Override
    public CompletableFuture<Loaded> append(
            DatasetName dataset, VectorSchemaRoot rows, @Nullable String idempotencyKey, boolean isAllOrNothing) {
        return ingest.append(dataset, rows, idempotencyKey, onError(isAllOrNothing))
                .thenApply(LakeRows::loaded);
    }

    private static Loaded loaded(Ack ack) {
        return new Loaded(
                ack.accepted(),
                ack.rejected(),
                ack.position(),
                ack.duplicate(),
                ack.errors(),
                ack.errors().size() < ack.rejected());
    }

    @Override
    public void flush(DatasetName dataset) {
        ingest.flush(dataset);
    }

    @Override
    public Live live(DatasetName dataset) {
        IngestStatus.Live live = ingest.status().live().get(dataset);
        return live == null ? Live.NONE : new Live(live.rows(), live.firstMicros(), live.lastMicros());
    }

    private static LoadRequest request(Load load) {
        return new LoadRequest(
                load.dataset(), load.format(), load.mapping(), load.idempotencyKey(), onError(load.isAllOrNothing()));
    }

    private static OnError onError(boolean isAllOrNothing) {
        return isAllOrNothing ? OnError.REJECT_BATCH : OnError.REJECT_ROW;
    }
}
