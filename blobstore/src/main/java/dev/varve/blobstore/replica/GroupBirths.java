package dev.varve.blobstore.replica;

import java.util.UUID;
import java.util.concurrent.CompletableFuture;

/**
 * Who had a group first: one fact for each group, made once and never changed, that the cluster shares.
 *
 * <p>A node that finds no member of a group anywhere cannot know whether there never was one. So it writes a claim that
 * nobody else can make to its own disk, and hands it in here. If it becomes the fact, nobody was a member before, so nothing
 * was ever acknowledged, and the empty replica is whole. A node uses up its claim when it becomes a member.
 */
@FunctionalInterface
public interface GroupBirths {
    /**
     * Makes the claim the group's fact unless it has one; completes with the fact, exceptionally if it is not known. May be
     * repeated.
     */
    CompletableFuture<UUID> first(int group, UUID claim);
}
