package dev.varve.server.fake;

import dev.varve.ingest.decode.MappedColumn;
import dev.varve.ingest.decode.RowError;
import dev.varve.model.Column;
import dev.varve.model.ColumnType;
import dev.varve.model.DatasetName;
import dev.varve.model.Schema;
import dev.varve.server.wire.RowStore;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.arrow.vector.VectorSchemaRoot;
import org.jspecify.annotations.Nullable;

/** Counts lines; a line {@code bad} is a bad row. */
public final class FakeRows implements RowStore {
    private final AtomicLong position = new AtomicLong();

    @Override
    public Loaded load(Load load, InputStream body) {
        long bad = 0;
        long good = 0;
        try {
            int length = 0;
            boolean isBad = false;
            for (int one = body.read(); one >= 0; one = body.read()) {
                if (one == '\n') {
                    bad += isBad ? 1 : 0;
                    good += isBad ? 0 : 1;
                    length = 0;
                } else {
                    isBad = length == 0 ? one == 'b' : isBad;
                    length++;
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        List<RowError> errors = bad == 0 ? List.of() : List.of(new RowError(1, "x", "bad", "not a number"));
        return new Loaded(
                load.isAllOrNothing() && bad > 0 ? 0 : good, bad, position.getAndIncrement(), false, errors, false);
    }

    @Override
    public Inferred infer(Load load, InputStream body) {
        return new Inferred(
                new Schema(List.of(new Column("x", ColumnType.DOUBLE)), List.of(), 9),
                List.of(new MappedColumn("X", "x", ColumnType.DOUBLE, "1.5")),
                load.mapping(),
                1,
                0,
                List.of());
    }

    @Override
    public CompletableFuture<Loaded> append(
            DatasetName dataset, VectorSchemaRoot rows, @Nullable String idempotencyKey, boolean isAllOrNothing) {
        return CompletableFuture.completedFuture(
                new Loaded(rows.getRowCount(), 0, position.getAndIncrement(), false, List.of(), false));
    }

    @Override
    public void flush(DatasetName dataset) {}

    @Override
    public Live live(DatasetName dataset) {
        return new Live(2, 0, 1_000_000);
    }
}
