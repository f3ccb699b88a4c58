package dev.varve.server.s3;

import dev.varve.blobstore.ObjectStore;
import dev.varve.blobstore.object.Change;
import dev.varve.blobstore.object.Condition;
import dev.varve.blobstore.object.ObjectException;
import dev.varve.blobstore.object.ObjectKey;
import dev.varve.blobstore.object.ObjectProblem;
import dev.varve.blobstore.object.StoredObject;
import dev.varve.model.VarveException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Deleting objects and versions, one or up to a thousand. */
final class DeleteOperations {
    private static final Logger LOG = LoggerFactory.getLogger(DeleteOperations.class);
    private static final int MOST = 1000;

    private final ObjectStore objects;
    private final Access access;

    DeleteOperations(ObjectStore objects, Access access) {
        this.objects = objects;
        this.access = access;
    }

    void one(S3Call call) {
        Change.Delete delete = new Change.Delete(
                call.key(),
                call.versionId(),
                Conditions.ofDelete(call.request()),
                LockOperations.bypasses(call, access));
        Optional<StoredObject> gone = delete(call.bucketName(), delete).object();
        gone.ifPresent(object -> {
            if (object.isDeleteMarker()) {
                call.header("x-amz-delete-marker", "true");
            }
            if (object.isDeleteMarker() || delete.versionId().isPresent()) {
                ReadOperations.version(call, object);
            }
        });
        call.empty(204);
    }

    /** What is not there need not be deleted, whatever the condition; a delete marker only meets that there is something. */
    private Change.Done delete(String bucket, Change.Delete delete) {
        try {
            return objects.change(bucket, List.of(delete)).getFirst();
        } catch (ObjectException refused) {
            if (refused.problem() != ObjectProblem.NO_SUCH_KEY) {
                throw refused;
            }
            boolean isThere =
                    objects.find(bucket, delete.key(), delete.versionId()).isPresent();
            if (isThere
                    && delete.condition()
                            .ifMatch()
                            .filter(Condition.ANY::equals)
                            .isEmpty()) {
                throw new ObjectException(ObjectProblem.PRECONDITION_FAILED, "the current version is a delete marker");
            }
            return new Change.Done(delete.key(), Optional.empty());
        }
    }

    void several(S3Call call) throws IOException {
        S3Request request = call.request();
        boolean hasDigest = request.header("content-md5").isPresent()
                || !Checksums.of(request).isEmpty()
                || request.header("x-amz-trailer").isPresent();
        if (!hasDigest) {
            throw new S3Exception(
                    S3Code.INVALID_REQUEST,
                    "Missing required header for this request: Content-MD5 or a checksum of the body");
        }
        XmlElement document = call.xmlBody("Delete");
        List<XmlElement> elements = document.all("Object");
        if (elements.isEmpty() || elements.size() > MOST) {
            throw S3Exception.malformedXml("A deletion names 1 to " + MOST + " objects.");
        }
        boolean isQuiet =
                document.text("Quiet").filter("true"::equalsIgnoreCase).isPresent();
        boolean bypasses = LockOperations.bypasses(call, access);
        List<Change.Delete> deletes = new ArrayList<>();
        for (XmlElement element : elements) {
            byte[] key = element.required("Key").getBytes(StandardCharsets.UTF_8);
            if (key.length == 0 || key.length > ObjectKey.MAX_BYTES) {
                throw S3Exception.malformedXml("A key has 1 to " + ObjectKey.MAX_BYTES + " bytes.");
            }
            deletes.add(new Change.Delete(
                    ObjectKey.of(key),
                    element.text("VersionId").filter(id -> !id.isEmpty()),
                    Conditions.ofDelete(element),
                    bypasses));
        }
        XmlText xml = XmlText.of("DeleteResult");
        delete(call.bucketName(), deletes, xml, isQuiet);
        call.xml(xml.end("DeleteResult"));
    }

    /** In one step if none is refused, which is the usual case and the fast one; else each for itself. */
    private void delete(String bucket, List<Change.Delete> deletes, XmlText xml, boolean isQuiet) {
        try {
            List<Change.Done> done = objects.change(bucket, deletes);
            for (int i = 0; i < deletes.size(); i++) {
                deleted(xml, deletes.get(i), done.get(i), isQuiet);
            }
            return;
        } catch (ObjectException refused) {
            LOG.debug("not all can be deleted: {}", refused.getMessage());
        }
        for (Change.Delete delete : deletes) {
            try {
                deleted(xml, delete, delete(bucket, delete), isQuiet);
            } catch (VarveException refused) {
                failed(xml, delete, refused);
            }
        }
    }

    private static void deleted(XmlText xml, Change.Delete delete, Change.Done done, boolean isQuiet) {
        if (isQuiet) {
            return;
        }
        xml.open("Deleted").text("Key", delete.key().text());
        delete.versionId().ifPresent(id -> xml.text("VersionId", id));
        done.object()
                .filter(StoredObject::isDeleteMarker)
                .ifPresent(marker -> xml.flag("DeleteMarker", true).text("DeleteMarkerVersionId", marker.versionId()));
        xml.close("Deleted");
    }

    private static void failed(XmlText xml, Change.Delete delete, VarveException failure) {
        S3Exception refusal = Refusals.of(failure).orElseThrow();
        xml.open("Error").text("Key", delete.key().text());
        delete.versionId().ifPresent(id -> xml.text("VersionId", id));
        xml.text("Code", refusal.code().text())
                .text("Message", String.valueOf(refusal.getMessage()))
                .close("Error");
    }
}
