package dev.varve.blobstore;

import dev.varve.blobstore.disk.DirectoryLock;
import dev.varve.blobstore.disk.Disk;
import dev.varve.model.ErrorCode;
import dev.varve.model.VarveException;
import java.io.BufferedOutputStream;
import java.io.FileOutputStream;
import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.channels.SeekableByteChannel;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * A blob store in one directory of one disk.
 *
 * <p>{@code blobs/} holds each blob as a plain file of its name, {@code registers/} each register, {@code drafts/} what is
 * being written and nothing that counts. A blob comes into being by: write the draft, fsync it, rename it, fsync the
 * directory. A register file is, big-endian: {@code int} magic {@code "VREG"}, {@code int} format 1, {@code long} version,
 * {@code int} length, {@code int} CRC32C of version and content, content; it is replaced in the same way.
 *
 * <p>Thread-safe. {@link #names} guards the directory tree, {@link #registers} the registers.
 */
public final class LocalBlobStore implements BlobStore {
    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9_=.-]{1,200}(/[A-Za-z0-9_=.-]{1,200}){0,31}");
    private static final int REGISTER_MAGIC = 0x56524547;
    private static final int REGISTER_FORMAT = 1;
    private static final int REGISTER_HEADER_BYTES = 24;
    private static final int WRITE_BUFFER_BYTES = 1 << 16;

    private final Path directory;
    private final Path blobFolder;
    private final Path registerFolder;
    private final Path draftFolder;
    private final DirectoryLock lock;
    private final Disk disk;
    private final AtomicLong drafts = new AtomicLong();
    private final Object names = new Object();
    private final Object registers = new Object();

    private LocalBlobStore(Path directory, DirectoryLock lock, Disk disk) {
        this.directory = directory;
        this.blobFolder = directory.resolve("blobs");
        this.registerFolder = directory.resolve("registers");
        this.draftFolder = directory.resolve("drafts");
        this.lock = lock;
        this.disk = disk;
    }

    /** Opens or makes the store in a directory, which no other process may have open. */
    public static LocalBlobStore open(Path directory) {
        return open(directory, Disk.REAL);
    }

    static LocalBlobStore open(Path directory, Disk disk) {
        try {
            disk.createDirectories(directory.toAbsolutePath());
            LocalBlobStore store = new LocalBlobStore(directory.toRealPath(), DirectoryLock.acquire(directory), disk);
            try {
                disk.createDirectories(store.blobFolder);
                disk.createDirectories(store.registerFolder);
                disk.createDirectories(store.draftFolder);
                store.removeDrafts();
            } catch (IOException | RuntimeException e) {
                store.close();
                throw e;
            }
            return store;
        } catch (IOException e) {
            throw Disk.failure("open the blob store in " + directory, e);
        }
    }

    private void removeDrafts() throws IOException {
        try (DirectoryStream<Path> leftovers = Files.newDirectoryStream(draftFolder)) {
            for (Path leftover : leftovers) {
                Files.delete(leftover);
            }
        }
    }

    @Override
    public Draft create(String name) {
        Path target = blobFile(name);
        if (Files.exists(target)) {
            throw taken(name);
        }
        return new LocalDraft(name, target, draftFolder.resolve(drafts.incrementAndGet() + ".draft"));
    }

    private final class LocalDraft implements Draft {
        private final String name;
        private final Path target;
        private final Path draft;
        private @Nullable OutputStream out;
        private boolean done;

        LocalDraft(String name, Path target, Path draft) {
            this.name = name;
            this.target = target;
            this.draft = draft;
        }

        @Override
        public OutputStream out() {
            if (out == null) {
                try {
                    out = new ReportingStream(
                            new BufferedOutputStream(new FileOutputStream(draft.toFile()), WRITE_BUFFER_BYTES), name);
                } catch (IOException e) {
                    throw Disk.failure("write blob " + name, e);
                }
            }
            return out;
        }

        @Override
        public Path path() {
            return draft;
        }

        @Override
        public long commit() {
            if (done) {
                throw new IllegalStateException("draft of " + name + " is already committed or closed");
            }
            try {
                if (out != null) {
                    out.close();
                }
                long size;
                // Opened by path, so that it also covers what another writer put there.
                try (RandomAccessFile file = new RandomAccessFile(draft.toFile(), "rw")) {
                    file.getFD().sync();
                    size = file.length();
                }
                publish(name, draft, target);
                done = true;
                return size;
            } catch (IOException e) {
                throw Disk.failure("write blob " + name, e);
            }
        }

        @Override
        public void close() {
            if (done) {
                return;
            }
            done = true;
            try {
                if (out != null) {
                    out.close();
                }
            } catch (IOException | VarveException e) {
                // What could not be written is thrown away all the same.
            } finally {
                deleteQuietly(draft);
            }
        }
    }

    /** Says at once that the disk is full, past libraries that would wrap an {@code IOException}. */
    private static final class ReportingStream extends FilterOutputStream {
        private final String name;

        ReportingStream(OutputStream out, String name) {
            super(out);
            this.name = name;
        }

        @Override
        public void write(int b) {
            try {
                out.write(b);
            } catch (IOException e) {
                throw Disk.failure("write blob " + name, e);
            }
        }

        @Override
        public void write(byte[] bytes, int offset, int length) {
            try {
                out.write(bytes, offset, length);
            } catch (IOException e) {
                throw Disk.failure("write blob " + name, e);
            }
        }
    }

    private void publish(String name, Path draft, Path target) throws IOException {
        synchronized (names) {
            if (Files.exists(target)) {
                throw taken(name);
            }
            Path parent = target.getParent();
            if (parent != null) {
                disk.createDirectories(parent);
            }
            disk.moveDurably(draft, target);
        }
    }

    @Override
    public Optional<Long> size(String name) {
        try {
            return Optional.of(Files.size(blobFile(name)));
        } catch (NoSuchFileException e) {
            return Optional.empty();
        } catch (IOException e) {
            throw Disk.failure("look at blob " + name, e);
        }
    }

    @Override
    public SeekableByteChannel open(String name) {
        try {
            return Files.newByteChannel(blobFile(name));
        } catch (NoSuchFileException e) {
            throw missing(name);
        } catch (IOException e) {
            throw Disk.failure("read blob " + name, e);
        }
    }

    @Override
    public Path localPath(String name) {
        Path file = blobFile(name);
        if (!Files.isRegularFile(file)) {
            throw missing(name);
        }
        return file;
    }

    @Override
    public List<String> list(String prefix) {
        return namesBelow(blobFolder, prefix);
    }

    @Override
    public void delete(List<String> blobs) {
        Set<Path> touched = new LinkedHashSet<>();
        try {
            for (String name : blobs) {
                Path file = blobFile(name);
                synchronized (names) {
                    if (Files.deleteIfExists(file)) {
                        touched.add(removeEmptyFolders(file));
                    }
                }
            }
            for (Path folder : touched) {
                if (Files.isDirectory(folder)) {
                    disk.syncDirectory(folder);
                }
            }
        } catch (IOException e) {
            throw Disk.failure("delete blobs", e);
        }
    }

    /** Removes folders that a deleted file leaves empty; returns the nearest one that stays. */
    private Path removeEmptyFolders(Path file) throws IOException {
        Path folder = parentOf(file);
        while (!folder.equals(blobFolder)) {
            try {
                Files.delete(folder);
            } catch (DirectoryNotEmptyException e) {
                return folder;
            }
            folder = parentOf(folder);
        }
        return folder;
    }

    @Override
    public Optional<Register> register(String name) {
        Path file = registerFile(name);
        byte[] bytes;
        try {
            bytes = Files.readAllBytes(file);
        } catch (NoSuchFileException e) {
            return Optional.empty();
        } catch (IOException e) {
            throw Disk.failure("read register " + name, e);
        }
        ByteBuffer buffer = ByteBuffer.wrap(bytes);
        if (bytes.length < REGISTER_HEADER_BYTES
                || buffer.getInt() != REGISTER_MAGIC
                || buffer.getInt() != REGISTER_FORMAT) {
            throw corrupt(file);
        }
        long version = buffer.getLong();
        int length = buffer.getInt();
        int checksum = buffer.getInt();
        ByteBuffer content = buffer.slice().asReadOnlyBuffer();
        if (length != content.remaining() || checksum != checksum(version, content)) {
            throw corrupt(file);
        }
        return Optional.of(new Register(content, version));
    }

    @Override
    public List<String> registers(String prefix) {
        return namesBelow(registerFolder, prefix);
    }

    @Override
    public Optional<Long> compareAndSet(String name, long expected, ByteBuffer content) {
        Path file = registerFile(name);
        synchronized (registers) {
            long found = register(name).map(Register::version).orElse(ABSENT);
            if (found != expected) {
                return Optional.empty();
            }
            long version = found + 1;
            ByteBuffer record = ByteBuffer.allocate(REGISTER_HEADER_BYTES + content.remaining());
            record.putInt(REGISTER_MAGIC)
                    .putInt(REGISTER_FORMAT)
                    .putLong(version)
                    .putInt(content.remaining())
                    .putInt(checksum(version, content))
                    .put(content.duplicate());
            Path draft = draftFolder.resolve(drafts.incrementAndGet() + ".register");
            try {
                try (RandomAccessFile out = new RandomAccessFile(draft.toFile(), "rw")) {
                    out.write(record.array());
                    out.getFD().sync();
                }
                disk.createDirectories(parentOf(file));
                disk.moveDurably(draft, file);
            } catch (IOException e) {
                deleteQuietly(draft);
                throw Disk.failure("write register " + name, e);
            }
            return Optional.of(version);
        }
    }

    @Override
    public long usableBytes() {
        try {
            return Files.getFileStore(directory).getUsableSpace();
        } catch (IOException e) {
            throw Disk.failure("look at the disk of " + directory, e);
        }
    }

    @Override
    public void close() {
        try {
            lock.close();
        } catch (IOException e) {
            throw Disk.failure("close the blob store in " + directory, e);
        }
    }

    private static int checksum(long version, ByteBuffer content) {
        CRC32C crc = new CRC32C();
        crc.update(ByteBuffer.allocate(Long.BYTES).putLong(version).flip());
        crc.update(content.duplicate());
        return (int) crc.getValue();
    }

    private Path blobFile(String name) {
        return blobFolder.resolve(checked(name));
    }

    private Path registerFile(String name) {
        return registerFolder.resolve(checked(name));
    }

    private static String checked(String name) {
        boolean dotted = Stream.of(name.split("/", -1)).anyMatch(part -> part.equals(".") || part.equals(".."));
        if (dotted || !NAME.matcher(name).matches()) {
            throw new VarveException(ErrorCode.BAD_REQUEST, "blob name '" + name + "' is not allowed")
                    .withHint("use letters, digits and _ = . - in parts separated by /");
        }
        return name;
    }

    private static List<String> namesBelow(Path folder, String prefix) {
        // Only the folder that the prefix names whole is walked, not the store.
        int slash = prefix.lastIndexOf('/');
        Path start = slash < 0 ? folder : folder.resolve(checked(prefix.substring(0, slash)));
        if (!Files.isDirectory(start)) {
            return List.of();
        }
        List<String> found = new ArrayList<>();
        try (Stream<Path> files = Files.walk(start)) {
            files.filter(Files::isRegularFile)
                    .map(file -> folder.relativize(file).toString())
                    .filter(name -> name.startsWith(prefix))
                    .sorted()
                    .forEach(found::add);
        } catch (IOException e) {
            throw Disk.failure("list " + prefix, e);
        }
        return List.copyOf(found);
    }

    private static Path parentOf(Path file) {
        Path parent = file.getParent();
        if (parent == null) {
            throw new IllegalArgumentException(file + " has no directory above it");
        }
        return parent;
    }

    private static void deleteQuietly(Path draft) {
        try {
            Files.deleteIfExists(draft);
        } catch (IOException e) {
            // Drafts are removed at the next start.
        }
    }

    private static VarveException taken(String name) {
        return new VarveException(ErrorCode.CONFLICT, "blob " + name + " is already there");
    }

    private static VarveException missing(String name) {
        return new VarveException(ErrorCode.NOT_FOUND, "blob " + name + " is not there");
    }

    private static VarveException corrupt(Path file) {
        return new VarveException(ErrorCode.CORRUPT, "register file " + file + " does not match its checksum")
                .withHint("restore it from a copy of the data directory");
    }
}
