// The replies of COMMAND and its subcommands, built from the command table.
//
// `words` are the words of the command as the client sent them. Only commands that `index` lists
// are shown. Replies are those of Redis 7.0.15 but for the order, which there is that of a hash
// table.

#ifndef BASALT_ENGINE_COMMAND_DOCS_H_
#define BASALT_ENGINE_COMMAND_DOCS_H_

#include "engine/command_table.h"
#include "resp/reply_writer.h"

namespace engine {

// COMMAND
void reply_command(const CommandIndex& index, resp::ReplyWriter& reply);
// COMMAND COUNT
void reply_command_count(const CommandIndex& index, resp::ReplyWriter& reply);
// COMMAND INFO [name ...]
void reply_command_info(const CommandIndex& index, CommandWords words, resp::ReplyWriter& reply);
// COMMAND DOCS [name ...]
void reply_command_docs(const CommandIndex& index, CommandWords words, resp::ReplyWriter& reply);
// COMMAND LIST [FILTERBY (MODULE name | ACLCAT category | PATTERN pattern)]
void reply_command_list(const CommandIndex& index, CommandWords words, resp::ReplyWriter& reply);
// COMMAND GETKEYS command [word ...]; GETKEYSANDFLAGS with `with_flags`.
void reply_command_getkeys(const CommandIndex& index, CommandWords words, bool with_flags,
                           resp::ReplyWriter& reply);
// COMMAND HELP
void reply_command_help(resp::ReplyWriter& reply);

}  // namespace engine

#endif  // BASALT_ENGINE_COMMAND_DOCS_H_
