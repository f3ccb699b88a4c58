package dev.varve.server.keys;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.varve.model.ErrorCode;
import dev.varve.model.VarveException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import javax.crypto.Cipher;
import javax.crypto.spec.GCMParameterSpec;
import javax.crypto.spec.SecretKeySpec;
import org.jspecify.annotations.Nullable;

/**
 * The keys of a node; changes are durable when a method returns.
 *
 * <p>Safe for use by many threads and processes: whoever may write the directory may change keys, and a running node
 * sees that before the next request.
 */
public final class AccessKeys {
    /** A key with its secret, which is shown once and never again. */
    public record Created(AccessKey key, String secret) {}

    /**
     * A key as nodes of a cluster tell it each other.
     *
     * @param secret null if the key is revoked
     */
    public record Held(AccessKey key, @Nullable String secret) {}

    /** The keys of one state of the file, which is replaced as a whole and so never has the same identity twice in a row. */
    private record Loaded(Optional<FileState> file, Map<String, Held> keys) {}

    private record FileState(@Nullable Object identity, FileTime changed, long size) {}

    /** A change of the keys. */
    private interface Mutation<T> {
        T apply(Map<String, Held> keys);
    }

    /** Where a node keeps them, in its data directory. */
    public static final String DIRECTORY = "keys";

    private static final int FORMAT = 1;
    private static final int NONCE_BYTES = 12;
    private static final int TAG_BITS = 128;
    private static final int KEY_BYTES = 32;
    private static final int SECRET_BYTES = 30;
    private static final int ID_LETTERS = 18;
    private static final String LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    private static final Pattern USER = Pattern.compile("[\\w.@$+-]{1,128}");
    private static final Pattern ID = Pattern.compile("\\w{4,128}");
    private static final ObjectMapper JSON = new ObjectMapper();

    private final Path directory;
    private final InstantSource clock;
    private final SecureRandom random = new SecureRandom();
    private final SecretKeySpec master;
    private volatile Loaded loaded = new Loaded(Optional.empty(), Map.of());

    private AccessKeys(Path directory, InstantSource clock, byte[] master) {
        this.directory = directory;
        this.clock = clock;
        this.master = new SecretKeySpec(master, "AES");
    }

    /** Reads the keys kept in the directory, which is made if there is none. */
    public static AccessKeys open(Path directory, InstantSource clock) {
        try {
            Files.createDirectories(directory);
            AccessKeys opened = new AccessKeys(directory, clock, masterKey(directory));
            opened.keys();
            return opened;
        } catch (IOException e) {
            throw new VarveException(ErrorCode.STORAGE, "cannot open the access keys in " + directory, e);
        }
    }

    private static byte[] masterKey(Path directory) throws IOException {
        Path file = directory.resolve("secret.key");
        if (!Files.exists(file)) {
            if (Files.exists(directory.resolve("access.json"))) {
                throw new VarveException(
                                ErrorCode.CORRUPT, file + " is missing, without which no access key can be read")
                        .withHint("restore it, or delete access.json and make new keys");
            }
            byte[] made = new byte[KEY_BYTES];
            new SecureRandom().nextBytes(made);
            write(file, made);
        }
        byte[] found = Files.readAllBytes(file);
        if (found.length != KEY_BYTES) {
            throw new VarveException(ErrorCode.CORRUPT, file + " has " + found.length + " bytes, not " + KEY_BYTES);
        }
        return found;
    }

    /** Makes a key with a random id and secret. */
    public synchronized Created create(String user, List<Grant> grants) {
        StringBuilder id = new StringBuilder("VK");
        for (int i = 0; i < ID_LETTERS; i++) {
            id.append(LETTERS.charAt(random.nextInt(LETTERS.length())));
        }
        byte[] secret = new byte[SECRET_BYTES];
        random.nextBytes(secret);
        return add(id.toString(), Base64.getUrlEncoder().encodeToString(secret), user, grants);
    }

    /** Takes over a key that was made elsewhere. */
    public synchronized Created add(String id, String secret, String user, List<Grant> grants) {
        if (!USER.matcher(user).matches()) {
            throw new VarveException(ErrorCode.BAD_REQUEST, "'" + user + "' is not a user's name")
                    .withHint("1 to 128 letters, digits and any of . _ @ $ + -");
        }
        if (!ID.matcher(id).matches() || secret.length() < 8 || secret.length() > 256) {
            throw new VarveException(ErrorCode.BAD_REQUEST, "an id has 4 to 128 letters or digits, a secret 8 to 256");
        }
        Instant now = clock.instant().truncatedTo(ChronoUnit.MILLIS);
        AccessKey key = new AccessKey(id, user, grants, now, Optional.empty());
        return change(keys -> {
            if (keys.containsKey(id)) {
                throw new VarveException(ErrorCode.CONFLICT, "there is a key " + id + " already");
            }
            keys.put(id, new Held(key, secret));
            return new Created(key, secret);
        });
    }

    /** All keys, revoked ones among them, in the order they were made. */
    public List<AccessKey> list() {
        return keys().values().stream().map(Held::key).toList();
    }

    /** Makes a key useless from now on; says whether it was usable. */
    public synchronized boolean revoke(String id) {
        Optional<Instant> now = Optional.of(clock.instant().truncatedTo(ChronoUnit.MILLIS));
        return change(keys -> {
            Held held = keys.get(id);
            if (held == null || held.secret() == null) {
                return false;
            }
            AccessKey key = held.key();
            keys.put(id, new Held(new AccessKey(id, key.user(), key.grants(), key.created(), now), null));
            return true;
        });
    }

    /** All keys with their secrets. */
    public List<Held> held() {
        return List.copyOf(keys().values());
    }

    /** Takes over what another node knows: keys that are not here, and that keys were revoked. */
    public synchronized void merge(List<Held> others) {
        Map<String, Held> known = keys();
        boolean isNew =
                others.stream().anyMatch(other -> isNews(known.get(other.key().id()), other));
        if (isNew) {
            change(keys -> {
                for (Held other : others) {
                    if (isNews(keys.get(other.key().id()), other)) {
                        keys.put(other.key().id(), other);
                    }
                }
                return true;
            });
        }
    }

    private static boolean isNews(@Nullable Held here, Held there) {
        return here == null || (here.secret() != null && there.secret() == null);
    }

    /** A usable key with its secret. */
    public Optional<Created> find(String id) {
        Held held = keys().get(id);
        return held == null || held.secret() == null
                ? Optional.empty()
                : Optional.of(new Created(held.key(), held.secret()));
    }

    /** The keys as they are now in the file. */
    private Map<String, Held> keys() {
        try {
            Optional<FileState> state = state();
            Loaded known = loaded;
            return state.equals(known.file()) ? known.keys() : reload().keys();
        } catch (IOException e) {
            throw new VarveException(ErrorCode.STORAGE, "cannot read the access keys in " + directory, e);
        }
    }

    private Optional<FileState> state() throws IOException {
        try {
            BasicFileAttributes found = Files.readAttributes(file(), BasicFileAttributes.class);
            return Optional.of(new FileState(found.fileKey(), found.lastModifiedTime(), found.size()));
        } catch (NoSuchFileException e) {
            return Optional.empty();
        }
    }

    private Path file() {
        return directory.resolve("access.json");
    }

    private synchronized Loaded reload() throws IOException {
        // Taken before reading: if the file is replaced meanwhile, it is read once more.
        Optional<FileState> state = state();
        Loaded read = new Loaded(state, state.isEmpty() ? Map.of() : read());
        loaded = read;
        return read;
    }

    /** Changes the keys as they are now, while no other process does. */
    private <T> T change(Mutation<T> mutation) {
        try (FileChannel lock = FileChannel.open(
                        directory.resolve("access.lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
                FileLock held = lock.lock()) {
            if (!held.isValid()) {
                throw new IllegalStateException("a lock just taken is held");
            }
            Map<String, Held> changed = new LinkedHashMap<>(reload().keys());
            T result = mutation.apply(changed);
            save(changed);
            reload();
            return result;
        } catch (IOException e) {
            throw new VarveException(ErrorCode.STORAGE, "cannot change the access keys in " + directory, e);
        }
    }

    private Map<String, Held> read() throws IOException {
        Path file = file();
        JsonNode root = JSON.readTree(Files.readAllBytes(file));
        if (root.path("format").asInt() != FORMAT) {
            throw new VarveException(ErrorCode.CORRUPT, file + " is not of format " + FORMAT);
        }
        Map<String, Held> found = new LinkedHashMap<>();
        for (JsonNode entry : root.path("keys")) {
            List<Grant> grants = new ArrayList<>();
            entry.path("grants").forEach(grant -> grants.add(Grant.parse(grant.asText())));
            AccessKey key = new AccessKey(
                    entry.path("id").asText(),
                    entry.path("user").asText(),
                    grants,
                    Instant.parse(entry.path("created").asText()),
                    entry.hasNonNull("revoked")
                            ? Optional.of(Instant.parse(entry.path("revoked").asText()))
                            : Optional.empty());
            String secret = key.revoked().isPresent()
                    ? null
                    : decrypt(key, entry.path("secret").asText());
            found.put(key.id(), new Held(key, secret));
        }
        return found;
    }

    private void save(Map<String, Held> changed) throws IOException {
        ObjectNode root = JSON.createObjectNode().put("format", FORMAT);
        ArrayNode entries = root.putArray("keys");
        for (Held held : changed.values()) {
            AccessKey key = held.key();
            ObjectNode entry = entries.addObject().put("id", key.id()).put("user", key.user());
            ArrayNode grants = entry.putArray("grants");
            key.grants().forEach(grant -> grants.add(grant.toString()));
            entry.put("created", key.created().toString());
            key.revoked().ifPresent(when -> entry.put("revoked", when.toString()));
            if (held.secret() != null) {
                entry.put("secret", encrypt(key, held.secret()));
            }
        }
        write(file(), JSON.writerWithDefaultPrettyPrinter().writeValueAsBytes(root));
    }

    private String encrypt(AccessKey key, String secret) {
        try {
            byte[] nonce = new byte[NONCE_BYTES];
            random.nextBytes(nonce);
            byte[] sealed = cipher(Cipher.ENCRYPT_MODE, key, nonce).doFinal(secret.getBytes(StandardCharsets.UTF_8));
            return Base64.getEncoder()
                    .encodeToString(ByteBuffer.allocate(nonce.length + sealed.length)
                            .put(nonce)
                            .put(sealed)
                            .array());
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("AES-GCM is part of every Java platform", e);
        }
    }

    private String decrypt(AccessKey key, String text) {
        try {
            ByteBuffer sealed = ByteBuffer.wrap(Base64.getDecoder().decode(text));
            byte[] nonce = new byte[NONCE_BYTES];
            sealed.get(nonce);
            byte[] secret = new byte[sealed.remaining()];
            sealed.get(secret);
            return new String(cipher(Cipher.DECRYPT_MODE, key, nonce).doFinal(secret), StandardCharsets.UTF_8);
        } catch (GeneralSecurityException | RuntimeException e) {
            throw new VarveException(
                            ErrorCode.CORRUPT,
                            "the entry of access key " + key.id() + " in " + directory + " cannot be decrypted",
                            e)
                    .withHint("it was changed by hand, or secret.key is another one; restore both from a backup");
        }
    }

    private Cipher cipher(int mode, AccessKey key, byte[] nonce) throws GeneralSecurityException {
        Cipher cipher = Cipher.getInstance("AES/GCM/NoPadding");
        cipher.init(mode, master, new GCMParameterSpec(TAG_BITS, nonce));
        cipher.updateAAD((key.id() + "\n" + key.user() + "\n" + key.grants()).getBytes(StandardCharsets.UTF_8));
        return cipher;
    }

    /** Replaces a file as a whole, readable by its owner only. */
    private static void write(Path file, byte[] bytes) throws IOException {
        Path directory = file.toAbsolutePath().getParent();
        if (directory == null) {
            throw new IllegalArgumentException(file + " is in no directory");
        }
        Path fresh = directory.resolve(file.getFileName() + ".new");
        Files.deleteIfExists(fresh);
        try (FileChannel channel = FileChannel.open(
                fresh,
                Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE),
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")))) {
            ByteBuffer rest = ByteBuffer.wrap(bytes);
            while (rest.hasRemaining()) {
                channel.write(rest);
            }
            channel.force(true);
        }
        Files.move(fresh, file, StandardCopyOption.ATOMIC_MOVE);
        try (FileChannel entries = FileChannel.open(directory, StandardOpenOption.READ)) {
            entries.force(true);
        }
    }
}
