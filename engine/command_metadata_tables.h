// The metadata tables of the groups, one function per command_metadata_<group>.cc.

#ifndef BASALT_ENGINE_COMMAND_METADATA_TABLES_H_
#define BASALT_ENGINE_COMMAND_METADATA_TABLES_H_

#include <span>

#include "engine/command_metadata.h"

namespace engine {

using MetadataSpan = std::span<const CommandMetadata>;

MetadataSpan generic_metadata();
MetadataSpan string_metadata();
MetadataSpan hash_metadata();
MetadataSpan list_metadata();
MetadataSpan set_metadata();
MetadataSpan sorted_set_metadata();
MetadataSpan stream_metadata();
MetadataSpan bitmap_metadata();
MetadataSpan hyperloglog_metadata();
MetadataSpan geo_metadata();
MetadataSpan pubsub_metadata();
MetadataSpan transactions_metadata();
MetadataSpan scripting_metadata();
MetadataSpan connection_metadata();
MetadataSpan server_metadata();
MetadataSpan cluster_metadata();
MetadataSpan tier_metadata();

}  // namespace engine

#endif  // BASALT_ENGINE_COMMAND_METADATA_TABLES_H_
