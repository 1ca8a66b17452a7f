#include "engine/session.h"

#include "engine/pubsub.h"
#include "engine/transaction.h"

namespace engine {

Session::Session(uint64_t session_id, CommandSource* command_source, resp::OutputBuffer* out)
    : id(session_id), source(command_source), reply(out) {}

Session::~Session() = default;

}  // namespace engine
