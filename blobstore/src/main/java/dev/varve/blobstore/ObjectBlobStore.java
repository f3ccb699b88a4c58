package dev.varve.blobstore;

import dev.varve.blobstore.object.Body;
import dev.varve.blobstore.object.BucketSettings;
import dev.varve.blobstore.object.Change;
import dev.varve.blobstore.object.Condition;
import dev.varve.blobstore.object.ListRequest;
import dev.varve.blobstore.object.Listing;
import dev.varve.blobstore.object.ObjectDraft;
import dev.varve.blobstore.object.ObjectException;
import dev.varve.blobstore.object.ObjectKey;
import dev.varve.blobstore.object.ObjectProblem;
import dev.varve.blobstore.object.ObjectReader;
import dev.varve.blobstore.object.ObjectWrite;
import dev.varve.blobstore.object.StoredObject;
import dev.varve.model.ErrorCode;
import dev.varve.model.VarveException;
import java.io.ByteArrayInputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.SeekableByteChannel;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The lake's blobs as objects of one bucket, so that S3 clients see them under the names that table metadata give.
 *
 * <p>A blob is the object of its name: a plain file if the name ends with {@code .parquet}, for engines open those in place.
 * A register is an object below {@value #REGISTERS}, changed on condition of its sequence. Thread-safe.
 */
public final class ObjectBlobStore implements BlobStore {
    /** The bucket that table metadata name. */
    public static final String LAKE = "lake";

    private static final String REGISTERS = ".registers/";
    private static final String OWNER = "varve";
    private static final String FILE_SUFFIX = ".parquet";
    private static final int MOST_AT_ONCE = 1000;
    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9_=.-]{1,200}(/[A-Za-z0-9_=.-]{1,200}){0,31}");

    private final ObjectStore store;
    private final String bucket;
    private final boolean isOwner;

    private ObjectBlobStore(ObjectStore store, String bucket, boolean isOwner) {
        this.store = store;
        this.bucket = bucket;
        this.isOwner = isOwner;
    }

    /** Blobs in a bucket, which is made if it is not there; the store stays the caller's. */
    public static ObjectBlobStore open(ObjectStore store, String bucket) {
        return opened(store, bucket, false);
    }

    /** Blobs in a local object store of their own. */
    public static ObjectBlobStore openLocal(Path directory) {
        ObjectStore store = LocalObjectStore.open(directory, ObjectStoreConfig.DEFAULT, InstantSource.system());
        try {
            return opened(store, LAKE, true);
        } catch (RuntimeException e) {
            store.close();
            throw e;
        }
    }

    private static ObjectBlobStore opened(ObjectStore store, String bucket, boolean isOwner) {
        if (store.bucket(bucket).isEmpty()) {
            try {
                store.createBucket(bucket, OWNER, BucketSettings.DEFAULT);
            } catch (ObjectException e) {
                // Somebody else was faster.
                if (e.problem() != ObjectProblem.BUCKET_EXISTS) {
                    throw e;
                }
            }
        }
        return new ObjectBlobStore(store, bucket, isOwner);
    }

    private static String checked(String name) {
        boolean isDotted = Stream.of(name.split("/", -1)).anyMatch(part -> part.equals(".") || part.equals(".."));
        if (isDotted || name.startsWith(REGISTERS) || !NAME.matcher(name).matches()) {
            throw new VarveException(ErrorCode.BAD_REQUEST, "blob name '" + name + "' is not allowed")
                    .withHint("use letters, digits and _ = . - in parts separated by /");
        }
        return name;
    }

    private static ObjectKey blobKey(String name) {
        return ObjectKey.of(checked(name));
    }

    private static ObjectKey registerKey(String name) {
        return ObjectKey.of(REGISTERS + checked(name));
    }

    private Optional<StoredObject> find(ObjectKey key) {
        return store.find(bucket, key, Optional.empty()).filter(object -> !object.isDeleteMarker());
    }

    private StoredObject existing(String name) {
        return find(blobKey(name)).orElseThrow(() -> missing(name));
    }

    private static VarveException missing(String name) {
        return new VarveException(ErrorCode.NOT_FOUND, "blob " + name + " is not there");
    }

    private static VarveException taken(String name) {
        return new VarveException(ErrorCode.CONFLICT, "blob " + name + " is already there");
    }

    @Override
    public Draft create(String name) {
        ObjectKey key = blobKey(name);
        if (find(key).isPresent()) {
            throw taken(name);
        }
        return new BlobDraft(
                name, ObjectWrite.of(bucket, key, OWNER).withCondition(Condition.sequence(Condition.ABSENT)));
    }

    /** Becomes a file or not when it is first written to. Used by one thread. */
    private final class BlobDraft implements Draft {
        private final String name;
        private final ObjectWrite write;
        private @Nullable ObjectDraft draft;

        BlobDraft(String name, ObjectWrite write) {
            this.name = name;
            this.write = write;
        }

        private ObjectDraft draft(boolean isFile) {
            ObjectDraft begun = draft;
            if (begun == null) {
                begun = store.draft(isFile ? write.asFile() : write);
                draft = begun;
            }
            return begun;
        }

        @Override
        public OutputStream out() {
            return draft(name.endsWith(FILE_SUFFIX)).out();
        }

        @Override
        public Path path() {
            return draft(true).path();
        }

        @Override
        public long commit() {
            ObjectDraft whole = draft(name.endsWith(FILE_SUFFIX));
            try {
                return store.change(bucket, List.of(new Change.Put(whole)))
                        .getFirst()
                        .object()
                        .orElseThrow()
                        .size();
            } catch (ObjectException e) {
                throw e.problem() == ObjectProblem.PRECONDITION_FAILED ? taken(name) : e;
            }
        }

        @Override
        public void close() {
            if (draft != null) {
                draft.close();
            }
        }
    }

    @Override
    public Optional<Long> size(String name) {
        return find(blobKey(name)).map(StoredObject::size);
    }

    @Override
    public SeekableByteChannel open(String name) {
        return new ObjectChannel(reader(existing(name), name));
    }

    private ObjectReader reader(StoredObject object, String name) {
        try {
            return store.open(bucket, object);
        } catch (ObjectException e) {
            throw e.problem() == ObjectProblem.NO_SUCH_VERSION ? missing(name) : e;
        }
    }

    @Override
    public Path localPath(String name) {
        try {
            return store.file(bucket, existing(name));
        } catch (ObjectException e) {
            throw e.problem() == ObjectProblem.NO_SUCH_VERSION ? missing(name) : e;
        }
    }

    @Override
    public List<String> list(String prefix) {
        checkPrefix(prefix);
        return objects(prefix).keySet().stream()
                .filter(name -> !name.startsWith(REGISTERS))
                .toList();
    }

    private static void checkPrefix(String prefix) {
        int slash = prefix.lastIndexOf('/');
        if (slash >= 0) {
            checked(prefix.substring(0, slash));
        }
    }

    /** Sequences by name. */
    private SortedMap<String, Long> objects(String prefix) {
        SortedMap<String, Long> found = new TreeMap<>();
        Optional<ObjectKey.Prefix> after = Optional.of(ObjectKey.Prefix.ALL);
        while (after.isPresent()) {
            Listing page = store.list(new ListRequest(
                    bucket,
                    ObjectKey.Prefix.of(prefix),
                    Optional.empty(),
                    after.get(),
                    Optional.empty(),
                    MOST_AT_ONCE));
            page.objects().forEach(object -> found.put(object.key().text(), object.sequence()));
            after = page.nextAfter();
        }
        return found;
    }

    @Override
    public void delete(List<String> names) {
        List<Change> deletes = names.stream()
                .distinct()
                .<Change>map(name -> Change.Delete.of(blobKey(name)))
                .toList();
        for (int from = 0; from < deletes.size(); from += MOST_AT_ONCE) {
            store.change(bucket, deletes.subList(from, Math.min(deletes.size(), from + MOST_AT_ONCE)));
        }
    }

    @Override
    public Optional<Register> register(String name) {
        ObjectKey key = registerKey(name);
        while (true) {
            Optional<StoredObject> found = find(key);
            if (found.isEmpty()) {
                return Optional.empty();
            }
            try (ObjectReader reader = store.open(bucket, found.get())) {
                ByteBuffer content = ByteBuffer.allocate((int) found.get().size());
                reader.read(0, content);
                return Optional.of(new Register(
                        content.flip().asReadOnlyBuffer(), found.get().sequence()));
            } catch (ObjectException e) {
                // It was changed in between, and there is a newer one.
                if (e.problem() != ObjectProblem.NO_SUCH_VERSION) {
                    throw e;
                }
            }
        }
    }

    @Override
    public List<String> registers(String prefix) {
        return List.copyOf(registerVersions(prefix).keySet());
    }

    @Override
    public SortedMap<String, Long> registerVersions(String prefix) {
        checkPrefix(prefix);
        SortedMap<String, Long> versions = new TreeMap<>();
        objects(REGISTERS + prefix)
                .forEach((name, sequence) -> versions.put(name.substring(REGISTERS.length()), sequence));
        return versions;
    }

    @Override
    public Optional<Long> compareAndSet(String name, long expected, ByteBuffer content) {
        byte[] bytes = new byte[content.remaining()];
        content.duplicate().get(bytes);
        ObjectWrite write =
                ObjectWrite.of(bucket, registerKey(name), OWNER).withCondition(Condition.sequence(expected));
        try {
            return Optional.of(
                    store.put(write, Body.of(new ByteArrayInputStream(bytes))).sequence());
        } catch (ObjectException e) {
            if (e.problem() == ObjectProblem.PRECONDITION_FAILED) {
                return Optional.empty();
            }
            throw e;
        }
    }

    @Override
    public long usableBytes() {
        return store.usableBytes();
    }

    @Override
    public void close() {
        if (isOwner) {
            store.close();
        }
    }
}
