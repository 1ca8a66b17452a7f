// What a start does about the append only file: finds it, loads it, goes on with it.

#ifndef BASALT_ENGINE_STARTUP_AOF_H_
#define BASALT_ENGINE_STARTUP_AOF_H_

#include "base/function.h"

namespace engine {

class Engine;

// One turn of the server; false once a shutdown was asked for.
using Turn = base::InlineFunction<bool()>;

enum class AofFound : unsigned char {
  kNone,  // There is nothing to load.
  kLoaded,
  kFailed,   // The reason is in the log.
  kStopped,  // By a shutdown.
};

// Loads what the append only files hold, after giving a single file of Redis 6 its place in their
// directory. REQUIRES: appendonly is on.
AofFound load_append_only_files(Engine* engine, Turn* turn);
// Opens the file for the effects from now on: the increment that was loaded last, or, where nothing
// was loaded from append only files, one behind a new base. False: the reason is in the log.
bool open_append_only_file(Engine* engine, AofFound found, Turn* turn);

}  // namespace engine

#endif  // BASALT_ENGINE_STARTUP_AOF_H_
