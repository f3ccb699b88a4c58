package dev.varve.blobstore.chunk;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Reads files at positions through channels that stay open, the least recently used of which are closed.
 *
 * <p>An interrupt closes a channel for all its readers. Each of them then opens it again and repeats its read, and the
 * interrupted one keeps its interrupt, so that nobody can make another's read fail.
 */
final class OpenFiles implements AutoCloseable {
    private static final int MOST = 128;

    /** In order of use; also the lock of all reference counts. */
    private final Map<Path, OpenFile> open = new LinkedHashMap<>(16, 0.75f, true);

    /** Fills {@code dst} from {@code position}; false if the file ends before, whereupon its content is undefined. */
    boolean read(Path path, ByteBuffer dst, long position) throws IOException {
        OpenFile file = acquire(path);
        boolean interrupted = false;
        try {
            long at = position;
            while (dst.hasRemaining()) {
                try {
                    int count = file.channel().read(dst, at);
                    if (count < 0) {
                        return false;
                    }
                    at += count;
                } catch (ClosedByInterruptException e) {
                    interrupted |= Thread.interrupted();
                } catch (ClosedChannelException e) {
                    // By another reader's interrupt; opened again.
                }
            }
            return true;
        } finally {
            release(file);
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private OpenFile acquire(Path path) {
        synchronized (open) {
            OpenFile file = open.computeIfAbsent(path, OpenFile::new);
            file.users++;
            Iterator<OpenFile> eldest = open.values().iterator();
            while (open.size() > MOST && eldest.hasNext()) {
                OpenFile candidate = eldest.next();
                if (candidate.users == 0) {
                    eldest.remove();
                    candidate.close();
                }
            }
            return file;
        }
    }

    private void release(OpenFile file) {
        synchronized (open) {
            file.users--;
            if (file.users == 0 && file.isForgotten) {
                file.close();
            }
        }
    }

    /** Closes the file, now or after its last reader; the next read opens whatever is there then. */
    void forget(Path path) {
        synchronized (open) {
            OpenFile file = open.remove(path);
            if (file != null) {
                file.isForgotten = true;
                if (file.users == 0) {
                    file.close();
                }
            }
        }
    }

    @Override
    public void close() {
        synchronized (open) {
            open.values().forEach(OpenFile::close);
            open.clear();
        }
    }

    private static final class OpenFile {
        private final Path path;
        private int users;
        private boolean isForgotten;
        private @Nullable FileChannel channel;

        OpenFile(Path path) {
            this.path = path;
        }

        synchronized FileChannel channel() throws IOException {
            FileChannel now = channel;
            if (now == null || !now.isOpen()) {
                now = FileChannel.open(path, StandardOpenOption.READ);
                channel = now;
            }
            return now;
        }

        synchronized void close() {
            FileChannel now = channel;
            channel = null;
            if (now != null) {
                try {
                    now.close();
                } catch (IOException e) {
                    // It was only read from.
                }
            }
        }
    }
}
