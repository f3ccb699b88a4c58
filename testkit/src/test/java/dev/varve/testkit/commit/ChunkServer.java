package dev.varve.testkit.commit;

import dev.varve.model.host.AsyncFiles;
import dev.varve.model.host.EventLoop;
import dev.varve.model.host.Network;
import java.io.IOException;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** Keeps chunks as files: written aside, forced, renamed, the name forced; only then it says so. */
final class ChunkServer<O> {
    private static final String FOLDER = "chunks";

    private final EventLoop loop;
    private final AsyncFiles files;
    private final Network<Message<O>> network;
    private final Rule rule;
    private final Set<String> stored = new HashSet<>();
    private int drafts;

    ChunkServer(EventLoop loop, AsyncFiles files, Network<Message<O>> network, Rule rule) {
        this.loop = loop;
        this.files = files;
        this.network = network;
        this.rule = rule;
    }

    static String fileOf(String chunk) {
        return FOLDER + "/" + chunk;
    }

    void store(String from, Chunk chunk) {
        String id = chunk.id();
        if (stored.contains(id)) {
            network.send(from, new Message.Stored<>(id));
            return;
        }
        String draft = FOLDER + "/draft" + drafts++;
        // A draft of this number may be left from before a restart.
        CompletableFuture<Void> written =
                files.delete(draft).thenCompose(nothing -> files.append(draft, chunk.encoded()));
        if (rule != Rule.NO_FSYNC) {
            written = written.thenCompose(nothing -> files.force(draft));
        }
        written = written.thenCompose(nothing -> files.move(draft, fileOf(id)));
        if (rule != Rule.NO_FSYNC && rule != Rule.NO_NAME_SYNC) {
            written = written.thenCompose(nothing -> files.forceNames(FOLDER));
        }
        loop.then(written.handle((nothing, failure) -> isFine(failure)), isStored -> {
            // A disk that fails says nothing: the sender asks again.
            if (isStored) {
                stored.add(id);
                network.send(from, new Message.Stored<>(id));
            }
        });
    }

    private static boolean isFine(@Nullable Throwable failure) {
        if (failure != null && !(failure instanceof IOException) && !(failure.getCause() instanceof IOException)) {
            throw new IllegalStateException(failure);
        }
        return failure == null;
    }

    void fetch(String from, String id) {
        loop.then(
                files.read(fileOf(id))
                        .handle((bytes, failure) -> isFine(failure)
                                ? Chunk.decoded(bytes, rule != Rule.UNVERIFIED)
                                        .filter(chunk -> chunk.id().equals(id))
                                : Optional.<Chunk>empty()),
                chunk -> network.send(from, new Message.Fetched<>(id, chunk)));
    }
}
