package dev.varve.blobstore.replica;

import dev.varve.blobstore.chunk.ChunkId;
import dev.varve.blobstore.chunk.ChunkRef;
import dev.varve.blobstore.chunk.ChunkStore;
import dev.varve.blobstore.chunk.StoredChunk;
import dev.varve.model.ErrorCode;
import dev.varve.model.VarveException;
import dev.varve.model.host.Peers;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.Semaphore;

/** Answers other nodes that bring chunks to this one, or read or delete them here. Thread-safe. */
final class ChunkServer {
    /** Of answers that are being read. */
    private static final int MOST_READING_BYTES = 64 << 20;

    private final String self;
    private final ChunkStore store;
    private final Admission admission;
    private final ArrivingFiles files;
    private final Executor io;
    private final ReplicationCounters counters;
    private final Semaphore reading = new Semaphore(MOST_READING_BYTES);

    ChunkServer(
            String self,
            ChunkStore store,
            Admission admission,
            ArrivingFiles files,
            Executor io,
            ReplicationCounters counters) {
        this.self = self;
        this.store = store;
        this.admission = admission;
        this.files = files;
        this.io = io;
        this.counters = counters;
    }

    void serve(Peers peers) {
        serve(peers, Messages.PUT, request -> put(Messages.decode(Messages.PUT, request, Messages.Put::decode)));
        serve(peers, Messages.GET, request -> get(Messages.decode(Messages.GET, request, Messages.Get::decode)));
        serve(peers, Messages.DELETE, request -> delete(Messages.decode(Messages.DELETE, request, Messages::ids)));
        serve(
                peers,
                Messages.FILE_OPEN,
                request -> open(Messages.decode(Messages.FILE_OPEN, request, Messages.FileOpen::decode)));
        serve(
                peers,
                Messages.FILE_PART,
                request -> files.part(Messages.decode(Messages.FILE_PART, request, Messages.FilePart::decode)));
        serve(
                peers,
                Messages.FILE_COMMIT,
                request -> commit(Messages.decode(Messages.FILE_COMMIT, request, ByteBuffer::getLong)));
        serve(peers, Messages.FILE_CLOSE, request -> {
            files.close(Messages.decode(Messages.FILE_CLOSE, request, ByteBuffer::getLong));
            return CompletableFuture.completedFuture(Messages.encodeFlag(true));
        });
    }

    private interface Work {
        CompletableFuture<ByteBuffer> on(ByteBuffer request);
    }

    private void serve(Peers peers, String method, Work work) {
        peers.serve(
                method,
                (from, request) -> CompletableFuture.completedFuture(request).thenComposeAsync(work::on, io));
    }

    /** Keeps a chunk that this node wrote itself; completes with whether the copy counts. */
    CompletableFuture<Boolean> keep(ChunkRef ref, ByteBuffer payload, long birth) {
        long counted = admit(ref.id());
        return store.put(ref, payload, birth)
                .thenApply(kept -> admission.counts(ref.id().group(), counted));
    }

    /** In which term a copy would count; it does if that is still the same afterwards. */
    private long admit(ChunkId id) {
        if (!admission.accepts(id.group())) {
            throw new VarveException(ErrorCode.NOT_READY, self + " takes no chunks of group " + id.group());
        }
        return admission.term(id.group());
    }

    private CompletableFuture<ByteBuffer> put(Messages.Put put) {
        counters.bytesTaken.add(put.payload().remaining());
        return keep(put.ref(), put.payload(), put.birth()).thenApply(Messages::encodeFlag);
    }

    private CompletableFuture<ByteBuffer> get(Messages.Get get) {
        ChunkRef ref = get.ref();
        if (get.count() < 0
                || get.count() > ChunkStore.MAX_CHUNK_BYTES
                || get.offset() < 0
                || get.offset() > ref.length() - get.count()) {
            throw new VarveException(ErrorCode.BAD_REQUEST, "cannot read " + get);
        }
        if (store.find(ref.id()).isEmpty()) {
            throw new VarveException(ErrorCode.NOT_FOUND, self + " does not have chunk " + ref.id());
        }
        reading.acquireUninterruptibly(get.count());
        try {
            ByteBuffer answer = ByteBuffer.allocate(Integer.BYTES + get.count());
            ByteBuffer bytes = answer.slice(Integer.BYTES, get.count());
            store.read(ref, get.offset(), bytes);
            answer.putInt(0, Messages.crc(bytes.flip()));
            return CompletableFuture.completedFuture(answer);
        } finally {
            reading.release(get.count());
        }
    }

    private CompletableFuture<ByteBuffer> delete(List<ChunkId> ids) {
        if (ids.size() > Messages.MOST_IDS) {
            throw new VarveException(ErrorCode.BAD_REQUEST, ids.size() + " ids to delete");
        }
        return CompletableFuture.completedFuture(Messages.encodeLong(store.delete(ids)));
    }

    /** Answers with the number of a session, or 0 if the file is here and counts. */
    private CompletableFuture<ByteBuffer> open(Messages.FileOpen open) {
        long counted = admit(open.ref().id());
        long session = counted != 0 && isHere(open.ref()) ? 0 : files.open(open.ref(), open.birth(), counted);
        return CompletableFuture.completedFuture(Messages.encodeLong(session));
    }

    private boolean isHere(ChunkRef ref) {
        boolean isKnown = store.find(ref.id())
                .filter(StoredChunk::isFile)
                .map(StoredChunk::ref)
                .filter(ref::equals)
                .isPresent();
        if (!isKnown) {
            return false;
        }
        try {
            store.file(ref);
            return admission.counts(ref.id().group());
        } catch (VarveException e) {
            // It comes again, and is replaced.
            return false;
        }
    }

    private CompletableFuture<ByteBuffer> commit(long session) {
        ArrivingFiles.Arrived arrived = files.commit(session);
        counters.bytesTaken.add(arrived.ref().length());
        boolean counts = admission.counts(arrived.ref().id().group(), arrived.counted());
        return CompletableFuture.completedFuture(Messages.encodeFlag(counts));
    }
}
