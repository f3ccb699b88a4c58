package dev.varve.blobstore.disk;

import dev.varve.model.ErrorCode;
import dev.varve.model.VarveException;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.channels.FileLock;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/** Keeps a directory for one owner at a time, among processes and inside this one. */
public final class DirectoryLock implements AutoCloseable {
    /**
     * Directories locked by this process. Static because the lock of the operating system belongs to the process: a
     * second open inside it would succeed, and closing that one would release the first.
     */
    private static final Set<Path> HELD = ConcurrentHashMap.newKeySet();

    private static final String FILE = "LOCK";

    private final Path directory;
    private final RandomAccessFile file;
    private final @Nullable Object key;

    private DirectoryLock(Path directory, RandomAccessFile file, @Nullable Object key) {
        this.directory = directory;
        this.file = file;
        this.key = key;
    }

    /** Takes the directory, or tells who has it. */
    public static DirectoryLock acquire(Path directory) throws IOException {
        Path real = directory.toRealPath();
        if (!HELD.add(real)) {
            throw taken(directory, "this process");
        }
        RandomAccessFile file = null;
        try {
            file = new RandomAccessFile(real.resolve(FILE).toFile(), "rw");
            @SuppressWarnings("resource") // released with the file
            FileLock lock = file.getChannel().tryLock();
            if (lock == null) {
                byte[] owner = new byte[(int) Math.min(64, file.length())];
                file.readFully(owner);
                throw taken(directory, "process " + new String(owner, StandardCharsets.US_ASCII).strip());
            }
            file.setLength(0);
            file.write(Long.toString(ProcessHandle.current().pid()).getBytes(StandardCharsets.US_ASCII));
            return new DirectoryLock(real, file, key(real.resolve(FILE)));
        } catch (IOException | RuntimeException e) {
            HELD.remove(real);
            if (file != null) {
                file.close();
            }
            throw e;
        }
    }

    private static VarveException taken(Path directory, String owner) {
        return new VarveException(ErrorCode.STORAGE, directory + " is in use by " + owner)
                .withHint("stop the other one, or use another data directory");
    }

    private static @Nullable Object key(Path file) throws IOException {
        return Files.readAttributes(file, BasicFileAttributes.class).fileKey();
    }

    public Path path() {
        return directory.resolve(FILE);
    }

    /** Whether the locked file still has its name; otherwise another process could take the directory too. */
    public boolean isInPlace() throws IOException {
        try {
            return Objects.equals(key, key(path()));
        } catch (NoSuchFileException e) {
            return false;
        }
    }

    @Override
    public void close() throws IOException {
        try {
            file.close();
        } finally {
            HELD.remove(directory);
        }
    }
}
