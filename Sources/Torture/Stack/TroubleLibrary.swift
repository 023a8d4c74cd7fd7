import Glibc
import PrivateStores
import Synchronization

/// A library that is loaded before the C library of PostgreSQL's processes: it makes their disk slow and their clock
/// jump, as a small file says that all of them share.
package final class TroubleLibrary: @unchecked Sendable {  // the mapped words are written whole and read by others
    private let library: String
    private let control: String
    private let words: UnsafeMutablePointer<Int64>

    private init(library: String, control: String, words: UnsafeMutablePointer<Int64>) {
        self.library = library
        self.control = control
        self.words = words
    }

    deinit { munmap(words, 16) }

    /// Compiles the library into a folder; nil where there is no C compiler.
    static func make(in directory: String) async throws -> TroubleLibrary? {
        guard
            let compiler = ["/usr/bin/cc", "/usr/bin/gcc", "/usr/bin/clang"].first(where: { (path: String) in
                access(path, X_OK) == 0
            })
        else { return nil }
        let source = directory + "/trouble.c"
        let library = directory + "/trouble.so"
        guard write(Self.source, to: source) else { return nil }
        let log = directory + "/trouble.log"
        let made = try PrivateProgram(
            [compiler, "-shared", "-fPIC", "-O2", "-o", library, source, "-ldl"], log: log)
        for _ in 0..<1_500 where made.processID != nil { try await Task.sleep(for: .milliseconds(20)) }
        guard access(library, R_OK) == 0 else { return nil }
        chmod(library, 0o755)
        return map(directory + "/trouble.control", library: library)
    }

    private static func map(_ control: String, library: String) -> TroubleLibrary? {
        let descriptor = open(control, O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        guard ftruncate(descriptor, 16) == 0, fchmod(descriptor, 0o644) == 0,
            let mapped = mmap(nil, 16, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0), mapped != MAP_FAILED
        else { return nil }
        return TroubleLibrary(
            library: library, control: control, words: mapped.bindMemory(to: Int64.self, capacity: 2))
    }

    /// The variables that make a program load it.
    var environment: [String: String] {
        ["LD_PRELOAD": library, "HOLDFAST_TROUBLE_CONTROL": control]
    }

    /// Makes every flush to the disk take that much longer, in microseconds.
    func delayFlushes(microseconds: Int64) { words[0] = microseconds }

    /// Moves the clock of the day by so many microseconds from the true time.
    func stepClock(microseconds: Int64) { words[1] = microseconds }

    private static func write(_ text: String, to path: String) -> Bool {
        guard let file = fopen(path, "w") else { return false }
        let written = fputs(text, file)
        return fclose(file) == 0 && written >= 0
    }

    private static let source = #"""
        #define _GNU_SOURCE
        #include <dlfcn.h>
        #include <fcntl.h>
        #include <stddef.h>
        #include <stdint.h>
        #include <stdlib.h>
        #include <sys/mman.h>
        #include <sys/time.h>
        #include <time.h>
        #include <unistd.h>

        /* Two words: microseconds to add to each flush, microseconds to add to the time of day. */
        static volatile const int64_t *control;

        __attribute__((constructor)) static void attach(void) {
            const char *path = getenv("HOLDFAST_TROUBLE_CONTROL");
            if (!path) return;
            int descriptor = open(path, O_RDONLY | O_CLOEXEC);
            if (descriptor < 0) return;
            void *mapped = mmap(NULL, 16, PROT_READ, MAP_SHARED, descriptor, 0);
            close(descriptor);
            if (mapped != MAP_FAILED) control = mapped;
        }

        static void drag(void) {
            int64_t wait = control ? control[0] : 0;
            if (wait <= 0) return;
            struct timespec time = { wait / 1000000, (wait % 1000000) * 1000 };
            nanosleep(&time, NULL);
        }

        int fsync(int descriptor) {
            static int (*next)(int);
            if (!next) next = (int (*)(int))dlsym(RTLD_NEXT, "fsync");
            drag();
            return next(descriptor);
        }

        int fdatasync(int descriptor) {
            static int (*next)(int);
            if (!next) next = (int (*)(int))dlsym(RTLD_NEXT, "fdatasync");
            drag();
            return next(descriptor);
        }

        int gettimeofday(struct timeval *restrict time, void *restrict zone) {
            (void)zone;
            struct timespec now;
            int outcome = clock_gettime(CLOCK_REALTIME, &now);
            if (outcome == 0 && time) {
                time->tv_sec = now.tv_sec;
                time->tv_usec = now.tv_nsec / 1000;
            }
            return outcome;
        }

        int clock_gettime(clockid_t clock, struct timespec *time) {
            static int (*next)(clockid_t, struct timespec *);
            if (!next) next = (int (*)(clockid_t, struct timespec *))dlsym(RTLD_NEXT, "clock_gettime");
            int outcome = next(clock, time);
            int64_t step = control && clock == CLOCK_REALTIME ? control[1] : 0;
            if (outcome == 0 && step) {
                int64_t nanos = (int64_t)time->tv_nsec + (step % 1000000) * 1000;
                time->tv_sec += step / 1000000;
                while (nanos < 0) { nanos += 1000000000; time->tv_sec -= 1; }
                while (nanos >= 1000000000) { nanos -= 1000000000; time->tv_sec += 1; }
                time->tv_nsec = nanos;
            }
            return outcome;
        }

        time_t time(time_t *result) {
            struct timespec now;
            if (clock_gettime(CLOCK_REALTIME, &now) != 0) return (time_t)-1;
            if (result) *result = now.tv_sec;
            return now.tv_sec;
        }
        """#
}
