package dev.varve.ingest;

import dev.varve.catalog.Dataset;
import dev.varve.ingest.decode.DecodeLimits;
import dev.varve.ingest.decode.Inferred;
import dev.varve.ingest.decode.MappedColumn;
import dev.varve.ingest.decode.RowDecoder;
import dev.varve.ingest.decode.RowError;
import dev.varve.ingest.decode.SchemaInference;
import dev.varve.model.ErrorCode;
import dev.varve.model.Schema;
import dev.varve.model.VarveException;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.vector.FieldVector;
import org.apache.arrow.vector.VectorSchemaRoot;
import org.apache.arrow.vector.util.TransferPair;
import org.jspecify.annotations.Nullable;

/** Decodes bodies and appends them batch by batch, a few at a time on their way into the log. */
final class Loader {
    private static final int IN_FLIGHT = 4;

    private final IngestConfig config;
    private final BufferAllocator memory;
    private final Target target;

    /** Where canonical batches go; done with the batch when it returns. */
    interface Target {
        CompletableFuture<Ack> append(
                Dataset dataset, VectorSchemaRoot batch, List<RowError> errors, @Nullable String key);
    }

    /** What has become of a body so far. */
    private static final class Tally {
        private final List<RowError> errors = new ArrayList<>();
        private final ArrayDeque<CompletableFuture<Ack>> pending = new ArrayDeque<>();
        private long accepted;
        private long rejected;
        private long position = -1;
        private long batches;
        private long duplicates;

        void reject(List<RowError> found) {
            rejected += found.size();
            for (RowError error : found) {
                if (errors.size() < Ack.MOST_ERRORS) {
                    errors.add(error);
                }
            }
        }

        void awaitUntil(int mostPending) {
            while (pending.size() > mostPending) {
                Ack ack;
                try {
                    ack = pending.removeFirst().join();
                } catch (CompletionException e) {
                    throw e.getCause() instanceof VarveException cause ? cause : e;
                }
                accepted += ack.accepted();
                position = Math.max(position, ack.position());
                batches++;
                duplicates += ack.duplicate() ? 1 : 0;
            }
        }

        LoadReport report() {
            return new LoadReport(
                    accepted,
                    rejected,
                    position,
                    batches > 0 && duplicates == batches,
                    errors,
                    rejected > errors.size());
        }
    }

    Loader(IngestConfig config, BufferAllocator memory, Target target) {
        this.config = config;
        this.memory = memory;
        this.target = target;
    }

    LoadReport load(Dataset dataset, LoadRequest request, InputStream body) {
        Tally tally = new Tally();
        try (RowDecoder decoder = open(request, body, dataset.schema())) {
            switch (request.onError()) {
                case REJECT_ROW -> {
                    for (int i = 0; decoder.next(); i++) {
                        tally.reject(decoder.errors());
                        append(dataset, request, decoder.batch(), decoder.errors(), i, tally);
                    }
                }
                case REJECT_BATCH -> loadWhole(dataset, request, decoder, tally);
            }
            tally.awaitUntil(0);
            return tally.report();
        } finally {
            // whatever failed, the batches before it are not left alone
            tally.pending.forEach(future -> future.exceptionally(e -> null).join());
        }
    }

    private RowDecoder open(LoadRequest request, InputStream body, Schema schema) {
        return RowDecoder.open(request.format(), body, request.mapping(), schema, memory, DecodeLimits.DEFAULT);
    }

    private void append(
            Dataset dataset,
            LoadRequest request,
            VectorSchemaRoot batch,
            List<RowError> errors,
            int number,
            Tally tally) {
        if (batch.getRowCount() > 0) {
            String key = request.idempotencyKey() == null ? null : request.idempotencyKey() + "#" + number;
            tally.pending.add(target.append(dataset, batch, errors, key));
            tally.awaitUntil(IN_FLIGHT);
        }
    }

    private void loadWhole(Dataset dataset, LoadRequest request, RowDecoder decoder, Tally tally) {
        List<VectorSchemaRoot> decoded = new ArrayList<>();
        try {
            long bytes = 0;
            while (decoder.next()) {
                tally.reject(decoder.errors());
                VectorSchemaRoot batch = transfer(decoder.batch());
                decoded.add(batch);
                for (FieldVector vector : batch.getFieldVectors()) {
                    bytes += vector.getBufferSize();
                }
                if (tally.rejected > 0) {
                    decoded.forEach(VectorSchemaRoot::close);
                    decoded.clear();
                    bytes = 0;
                } else if (bytes > config.batchLoadMaxBytes()) {
                    throw new VarveException(
                                    ErrorCode.TOO_LARGE,
                                    "the body is over " + config.batchLoadMaxBytes()
                                            + " bytes, too many for all or nothing")
                            .withHint("send it in pieces, or reject single rows");
                }
            }
            for (int i = 0; i < decoded.size(); i++) {
                append(dataset, request, decoded.get(i), List.of(), i, tally);
            }
        } finally {
            decoded.forEach(VectorSchemaRoot::close);
        }
    }

    private VectorSchemaRoot transfer(VectorSchemaRoot batch) {
        List<FieldVector> vectors = new ArrayList<>();
        for (FieldVector vector : batch.getFieldVectors()) {
            TransferPair pair = vector.getTransferPair(memory);
            pair.transfer();
            vectors.add((FieldVector) pair.getTo());
        }
        return new VectorSchemaRoot(batch.getSchema().getFields(), vectors, batch.getRowCount());
    }

    /** The body is read twice, once for its columns and once for its rows, so it waits in a file. */
    Proposal infer(Optional<Dataset> present, LoadRequest request, InputStream body) {
        try {
            Path file = Files.createTempFile("varve-infer-", ".body");
            try {
                Files.copy(body, file, StandardCopyOption.REPLACE_EXISTING);
                if (present.isPresent()) {
                    return tryOut(present.get().schema(), request, file);
                }
                Inferred inferred;
                try (InputStream first = open(file)) {
                    inferred = SchemaInference.infer(
                            request.format(), first, request.mapping(), memory, DecodeLimits.DEFAULT);
                }
                Schema schema = new Schema(inferred.columns(), List.of(), Schema.DEFAULT_H3_RESOLUTION);
                return tryOut(
                        schema,
                        new LoadRequest(
                                request.dataset(),
                                request.format(),
                                inferred.mapping(),
                                request.idempotencyKey(),
                                request.onError()),
                        file);
            } finally {
                Files.deleteIfExists(file);
            }
        } catch (IOException e) {
            throw new VarveException(ErrorCode.BAD_REQUEST, "the body cannot be read: " + e.getMessage(), e);
        }
    }

    private Proposal tryOut(Schema schema, LoadRequest request, Path file) throws IOException {
        Tally tally = new Tally();
        long good = 0;
        List<MappedColumn> mapping = List.of();
        try (InputStream in = open(file);
                RowDecoder decoder = open(request, in, schema)) {
            while (decoder.next()) {
                good += decoder.batch().getRowCount();
                tally.reject(decoder.errors());
            }
            mapping = decoder.mapping();
        }
        return new Proposal(schema, mapping, request.mapping(), good + tally.rejected, tally.rejected, tally.errors);
    }

    private static InputStream open(Path file) throws IOException {
        return new BufferedInputStream(Files.newInputStream(file), 1 << 16);
    }
}
