package dev.varve.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class UnpackedLibrariesTest {
    @TempDir
    private Path folder;

    @Test
    void onlyWhatIsLoadedFromTheFolderGoes() throws IOException {
        Path temporary = Files.createDirectory(folder.resolve("tmp"));
        Path loaded = Files.createFile(temporary.resolve("libengine123.so"));
        Path ofAnother = Files.createFile(temporary.resolve("libengine456.so"));
        Path mapped = Files.createFile(temporary.resolve("data.bin"));
        Path installed = Files.createFile(folder.resolve("libc.so"));
        Path maps = Files.writeString(folder.resolve("maps"), """
                7f00-7f01 r-xp 00000000 fe:00 1   %s
                7f01-7f02 r--p 00001000 fe:00 1   %s
                7f02-7f03 r--p 00000000 fe:00 2   %s
                7f03-7f04 r-xp 00000000 fe:00 3   %s
                7f04-7f05 rw-p 00000000 00:00 0
                """.formatted(loaded, loaded, mapped, installed));
        UnpackedLibraries.unlink(maps, temporary);
        assertThat(loaded).doesNotExist();
        assertThat(ofAnother).exists();
        assertThat(mapped).exists();
        assertThat(installed).exists();
    }
}
