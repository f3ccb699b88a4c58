package dev.varve.blobstore;

import dev.varve.blobstore.MemoryBucket.MemoryUpload;
import dev.varve.blobstore.MemoryBucket.Version;
import dev.varve.blobstore.object.ListRequest;
import dev.varve.blobstore.object.Listing;
import dev.varve.blobstore.object.ObjectKey;
import dev.varve.blobstore.object.StoredObject;
import dev.varve.blobstore.object.Upload;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.function.Function;
import java.util.stream.Stream;

/** Pages of {@link MemoryObjects}, found by looking at everything. */
final class MemoryPages {
    private MemoryPages() {}

    /** One line of a listing: an item, or a prefix that stands for many. */
    private record Line<T>(ObjectKey.Prefix at, Optional<T> item) {}

    private record Page<T>(
            List<T> items,
            List<ObjectKey.Prefix> prefixes,
            Optional<ObjectKey.Prefix> nextAfter,
            Optional<T> nextAfterItem) {}

    static Listing objects(ListRequest request, SortedMap<ObjectKey, List<Version>> keys) {
        List<StoredObject> current = keys.values().stream()
                .map(versions -> shown(versions.getFirst(), true))
                .filter(object -> !object.isDeleteMarker())
                .filter(object -> ObjectKey.Prefix.of(object.key()).compareTo(request.after()) > 0)
                .toList();
        Page<StoredObject> page = page(request, current, StoredObject::key);
        return new Listing(page.items(), page.prefixes(), page.nextAfter(), Optional.empty());
    }

    static Listing versions(ListRequest request, SortedMap<ObjectKey, List<Version>> keys) {
        List<StoredObject> behind = keys.values().stream()
                .flatMap(versions -> behind(request, versions))
                .toList();
        Page<StoredObject> page = page(request, behind, StoredObject::key);
        return new Listing(
                page.items(),
                page.prefixes(),
                page.nextAfter(),
                page.nextAfterItem().map(StoredObject::versionId));
    }

    private static Stream<StoredObject> behind(ListRequest request, List<Version> versions) {
        int order = ObjectKey.Prefix.of(versions.getFirst().object().key()).compareTo(request.after());
        int from = order > 0
                ? 0
                : order < 0 || request.afterVersion().isEmpty() ? versions.size() : older(request, versions);
        return versions.subList(from, versions.size()).stream()
                .map(version ->
                        shown(version, version.order() == versions.getFirst().order()));
    }

    /** Index of the first version that is older than the one named. */
    private static int older(ListRequest request, List<Version> versions) {
        String named = request.afterVersion().orElseThrow();
        for (int i = 0; i < versions.size(); i++) {
            if (versions.get(i).object().versionId().equals(named)) {
                return i + 1;
            }
        }
        if (named.equals(StoredObject.NULL_VERSION)) {
            return versions.size();
        }
        // It was deleted since; ids are their order.
        int from = 0;
        while (from < versions.size()
                && "%016x".formatted(versions.get(from).order()).compareTo(named) >= 0) {
            from++;
        }
        return from;
    }

    static StoredObject shown(Version version, boolean isLatest) {
        StoredObject object = version.object();
        return new StoredObject(
                object.key(),
                object.versionId(),
                object.sequence(),
                isLatest,
                object.isDeleteMarker(),
                object.lastModified(),
                object.size(),
                object.etag(),
                object.checksums(),
                object.partSizes(),
                object.partChecksums(),
                object.owner(),
                object.headers(),
                object.metadata(),
                object.tags(),
                object.retention(),
                object.legalHold());
    }

    static Upload.Uploads uploads(ListRequest request, SortedMap<String, MemoryUpload> uploads) {
        List<Upload> behind = uploads.values().stream()
                .map(MemoryUpload::upload)
                .sorted(Comparator.comparing((Upload upload) -> upload.write().key())
                        .thenComparing(Upload::id))
                .filter(upload -> {
                    int order = ObjectKey.Prefix.of(upload.write().key()).compareTo(request.after());
                    boolean isLaterOfSameKey = order == 0
                            && request.afterVersion()
                                    .map(id -> upload.id().compareTo(id) > 0)
                                    .orElse(false);
                    return order > 0 || isLaterOfSameKey;
                })
                .toList();
        Page<Upload> page = page(request, behind, upload -> upload.write().key());
        return new Upload.Uploads(
                page.items(),
                page.prefixes(),
                page.nextAfter(),
                page.nextAfterItem().map(Upload::id));
    }

    private static <T> Page<T> page(ListRequest request, List<T> behind, Function<T, ObjectKey> keyOf) {
        Optional<byte[]> delimiter =
                request.delimiter().filter(text -> !text.isEmpty()).map(text -> text.getBytes(StandardCharsets.UTF_8));
        List<Line<T>> lines = new ArrayList<>();
        for (T item : behind) {
            ObjectKey key = keyOf.apply(item);
            if (!key.startsWith(request.prefix())) {
                continue;
            }
            Optional<ObjectKey.Prefix> common =
                    delimiter.flatMap(bytes -> request.prefix().upTo(bytes, key));
            if (common.isEmpty()) {
                lines.add(new Line<>(ObjectKey.Prefix.of(key), Optional.of(item)));
            } else if (!common.get().equals(request.after())
                    && (lines.isEmpty()
                            || lines.getLast().item().isPresent()
                            || !lines.getLast().at().equals(common.get()))) {
                lines.add(new Line<>(common.get(), Optional.empty()));
            }
        }
        List<Line<T>> page = lines.subList(0, Math.min(request.most(), lines.size()));
        boolean isTruncated = !page.isEmpty() && page.size() < lines.size();
        return new Page<>(
                page.stream().flatMap(line -> line.item().stream()).toList(),
                page.stream()
                        .filter(line -> line.item().isEmpty())
                        .map(Line::at)
                        .toList(),
                isTruncated ? Optional.of(page.getLast().at()) : Optional.empty(),
                isTruncated ? page.getLast().item() : Optional.empty());
    }
}
