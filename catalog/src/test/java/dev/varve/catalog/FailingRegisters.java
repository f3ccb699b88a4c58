package dev.varve.catalog;

import dev.varve.blobstore.BlobStore;
import dev.varve.model.ErrorCode;
import dev.varve.model.VarveException;
import java.nio.ByteBuffer;
import java.nio.channels.SeekableByteChannel;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;

/** A blob store whose next change of a register fails, before or after it took effect. */
final class FailingRegisters implements BlobStore {
    private final BlobStore store;
    private boolean before;
    private boolean after;

    FailingRegisters(BlobStore store) {
        this.store = store;
    }

    void failBefore() {
        before = true;
    }

    void failAfter() {
        after = true;
    }

    @Override
    public Optional<Long> compareAndSet(String name, long expected, ByteBuffer content) {
        boolean never = before;
        before = false;
        Optional<Long> version = never ? Optional.empty() : store.compareAndSet(name, expected, content);
        if (never || after) {
            after = false;
            throw new VarveException(ErrorCode.STORAGE, "register " + name + " failed as the test asked");
        }
        return version;
    }

    @Override
    public Draft create(String name) {
        return store.create(name);
    }

    @Override
    public Optional<Long> size(String name) {
        return store.size(name);
    }

    @Override
    public SeekableByteChannel open(String name) {
        return store.open(name);
    }

    @Override
    public Path localPath(String name) {
        return store.localPath(name);
    }

    @Override
    public List<String> list(String prefix) {
        return store.list(prefix);
    }

    @Override
    public void delete(List<String> names) {
        store.delete(names);
    }

    @Override
    public Optional<Register> register(String name) {
        return store.register(name);
    }

    @Override
    public List<String> registers(String prefix) {
        return store.registers(prefix);
    }

    @Override
    public SortedMap<String, Long> registerVersions(String prefix) {
        return store.registerVersions(prefix);
    }

    @Override
    public long usableBytes() {
        return store.usableBytes();
    }

    @Override
    public void close() {
        store.close();
    }
}
