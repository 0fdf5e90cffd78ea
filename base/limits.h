// Every hard limit of the server, with its unit and its reason.
//
// A limit that an operator may want to move is a configuration value whose
// default stands here.
#ifndef ROENTGEN_BASE_LIMITS_H_
#define ROENTGEN_BASE_LIMITS_H_

#include <cstddef>
#include <cstdint>

namespace roentgen::limits {

// --- Segment documents ------------------------------------------------------
// One document, UTF-8 bytes. X-Ray documents "64 kB".
inline constexpr size_t kDocumentBytesMax = 65'536;
// Nesting of JSON values in a document. Bounds recursion; SDKs stay below 20.
inline constexpr int kDocumentDepthMax = 128;
// Characters kept of a name; the rest is cut, as X-Ray does.
inline constexpr size_t kNameCharsMax = 200;
// Characters kept of other indexed strings.
inline constexpr size_t kStringCharsMax = 250;
inline constexpr size_t kAnnotationKeyCharsMax = 500;
inline constexpr size_t kAnnotationValueCharsMax = 1'000;
// Levels of independent subsegments below one another that are nested in the
// returned document; deeper ones are put beside their parents. Bounds
// recursion, and no SDK parses JSON much deeper.
inline constexpr int kFoldDepthMax = 128;
// Links of one segment that are kept. X-Ray keeps 20; a consumer of a batch
// links to every message.
inline constexpr size_t kLinksPerSegmentMax = 100;
// Links of one trace whose senders are looked up for the service map; X-Ray's
// own limit.
inline constexpr size_t kLinksPerTraceMax = 100;

// --- Spans (OTLP) -----------------------------------------------------------
// One span, serialized, bytes; a default. X-Ray's own endpoint takes 200 kB.
inline constexpr size_t kSpanBytesMax = 1024 * 1024;
// Resource and scope of a request's spans, each, bytes; a default. X-Ray's own
// endpoint takes 16 kB.
inline constexpr size_t kSpanContextBytesMax = 256 * 1024;
// Levels of arrays and maps in an attribute. Bounds recursion.
inline constexpr int kAttributeDepthMax = 32;
// Nesting of JSON values in an export request: one level of a map takes four,
// and ten lead to the first attribute. Bounds recursion.
inline constexpr int kOtlpJsonDepthMax = 10 + 4 * (kAttributeDepthMax + 1);
// Places in one message of JSON where a list that is given again goes on,
// beyond the first.
inline constexpr size_t kOtlpJsonListPartsMax = 100;
// Bytes of a value that is refused, in the error that says so.
inline constexpr size_t kOtlpJsonBytesShown = 40;
// An export request, before and after inflating, bytes; a default, what the
// protocol's specification recommends.
inline constexpr size_t kOtlpRequestBytesMax = 64 * 1024 * 1024;
// Characters of the error_message of a partial success.
inline constexpr size_t kPartialSuccessCharsMax = 1'000;
// Attributes of one span, event, link, resource or scope that are looked at
// when it is seen as a segment; more are kept and returned, not mapped.
inline constexpr size_t kMappedAttributesMax = 1'000;
// Exceptions of one span, causes of others among them, and frames of each,
// that its segment shows.
inline constexpr size_t kMappedExceptionsMax = 20;
inline constexpr size_t kStackFramesMax = 200;
// Levels of JSON that a span brings as a text for its metadata; others stay
// texts. With what is around them they must stay below kDocumentDepthMax.
inline constexpr size_t kMetadataDepthMax = 64;
// Contexts that one reader of records keeps mapped, and bytes of them.
inline constexpr size_t kMappedContextsMax = 256;
inline constexpr size_t kMappedContextBytesMax = 4 * 1024 * 1024;
// Bytes of the shared contexts of one sealed batch; further ones stay with
// their spans.
inline constexpr size_t kBatchContextBytesMax = 4 * 1024 * 1024;
// Records and bytes (before compression) of a sealed block that holds spans.
inline constexpr size_t kSealedSpanBlockRecordsMax = 4'096;
inline constexpr size_t kSealedSpanBlockBytesMax = 256 * 1024;
// Documents of a batch, which is in memory as a whole; a trace that is larger
// is a batch of its own.
inline constexpr size_t kSealedBatchBytesMax = 64 * 1024 * 1024;
// Attributes of a trace that its row in an index tells. Of documents with more
// the row says that they may have any: these are looked at one by one.
inline constexpr size_t kIndexedTraceAttributesMax = 2'000'000;
// Likewise, texts of annotations that no trace of the batch had before.
inline constexpr size_t kIndexedTraceTextsMax = 250'000;
// Fields of spans that sealing remembers while it makes a batch.
inline constexpr size_t kRememberedFieldsMax = 200'000;
// X-Ray's own limits, for strict_aws_limits.
inline constexpr size_t kAwsOtlpRequestBytesMax = 5 * 1024 * 1024;
inline constexpr size_t kAwsOtlpSpansMax = 10'000;
inline constexpr size_t kAwsSpanBytesMax = 200 * 1024;
inline constexpr size_t kAwsSpanContextBytesMax = 16 * 1024;

// --- Jaeger, Zipkin ---------------------------------------------------------
// Bytes of one streamed TracesData. Jaeger's clients take 4 MiB.
inline constexpr size_t kTraceChunkBytesMax = 2 * 1024 * 1024;
// Traces of one search, and what is taken when the caller names no number.
inline constexpr size_t kSpanSearchTracesMax = 10'000;
inline constexpr size_t kSpanSearchTracesDefault = 100;
// Traces one search may read because the index is not sure of them.
inline constexpr uint64_t kSpanSearchExaminedMax = 1'000'000;
// Answers that are built whole, bytes.
inline constexpr size_t kSpanAnswerBytesMax = 256 * 1024 * 1024;
// Tags of one search, and ids of one call.
inline constexpr size_t kSpanSearchTagsMax = 100;
inline constexpr size_t kTraceIdsPerSearchMax = 1'000;
// Operations (service, span name, kind) remembered of one day, and their bytes.
inline constexpr size_t kOperationsPerBucketMax = 20'000;
inline constexpr size_t kOperationBytesPerBucketMax = 1024 * 1024;
// Operations in one answer; those of a month of days that are all full.
inline constexpr size_t kOperationsAnswerMax = 1'000'000;
// Pairs of services in one answer about who calls whom.
inline constexpr size_t kServicePairsMax = 100'000;
// Traces in two halves (split_traces.h) that one such answer reads, and bytes
// of their records; more are counted as what they are stored as.
inline constexpr size_t kSplitTracesReadMax = 10'000;
inline constexpr size_t kSplitTraceBytesMax = 256 * 1024 * 1024;
// Ids of 64 bits that one such answer looks for the other halves of.
inline constexpr size_t kShortTraceIdsMax = 500'000;
// Traces that have the lower half of an id in common; more are no halves of
// one trace.
inline constexpr size_t kHalvesPerTraceMax = 8;
// Seconds that halves may begin before or after the time that is asked for.
inline constexpr int64_t kHalvesApartSecondsMax = 3'600;
// Bytes of a name that are kept for that list and the index; longer ones are
// found by their beginning.
inline constexpr size_t kOperationNameBytesMax = 500;

// --- Requests ---------------------------------------------------------------
// HTTP request line and headers together, bytes.
inline constexpr size_t kHttpHeaderBytesMax = 32 * 1024;
// Parameters of one query string.
inline constexpr size_t kQueryParametersMax = 2'000;
// HTTP body, before and after inflating, bytes.
inline constexpr size_t kHttpBodyBytesMax = 16 * 1024 * 1024;
// Window of a zstd body, logarithm of its bytes: 8 MiB, what RFC 8878 asks all
// decoders to take.
inline constexpr int kZstdWindowLogMax = 23;
// Bytes of an answer in pieces that a client has not taken yet; it counts so
// much against the budget of requests from its beginning to its end.
inline constexpr size_t kStreamedAnswerBytes = 256 * 1024;
// One file that is served as it is, bytes, when it is inflated at start.
inline constexpr size_t kStaticFileBytesMax = 16 * 1024 * 1024;
// Listeners of one server, and characters of the name of one.
inline constexpr size_t kListenersMax = 64;
inline constexpr size_t kListenerNameCharsMax = 64;
// Networks in one list of those that may connect, or of proxies.
inline constexpr size_t kNetworksMax = 256;
// Connections of one listener whose TLS handshake or PROXY header is not done
// yet. Handshakes run on the threads that serve sockets.
inline constexpr size_t kArrivalsMax = 256;
// A PROXY header with all that stands behind its addresses, bytes.
inline constexpr size_t kProxyHeaderBytesMax = 4 * 1024;
// Addresses in one header of Forwarded or X-Forwarded-For that are looked at.
inline constexpr size_t kForwardedAddressesMax = 32;
// The path of a Unix socket; what the kernel takes, without the zero.
inline constexpr size_t kSocketPathBytesMax = 107;
// A file of certificates or of a key, bytes, and certificates of one file.
inline constexpr size_t kCertificateFileBytesMax = 1024 * 1024;
inline constexpr size_t kCertificatesPerFileMax = 1'000;
// Alternative names of a client's certificate that are looked at.
inline constexpr size_t kCertificateNamesMax = 64;
// Certificates that one access key may name, and characters of a name.
inline constexpr size_t kKeyCertificatesMax = 64;
inline constexpr size_t kCertificateNameBytesMax = 1'024;
// Names and addresses of one certificate that `roentgen cert` makes.
inline constexpr size_t kCertificateHostsMax = 32;
// Calls that one gRPC connection may have open at a time.
inline constexpr int kGrpcStreamsPerConnectionMax = 256;
// Pings of an idle gRPC connection may come as often, milliseconds.
inline constexpr int kGrpcPingIntervalMinMs = 1'000;
// gRPC's own buffers, on top of the budget for requests, bytes.
inline constexpr size_t kGrpcTransportBytes = 64 * 1024 * 1024;
// Streams that the clients of one address may end before their answer, calls
// over gRPC's own limit among them: at once, and in each second. A client whose
// calls pass their deadlines together ends as many as it may have open.
inline constexpr int64_t kGrpcResetsBurst = 1'000;
inline constexpr int64_t kGrpcResetsPerSecond = 100;
// Frames of one gRPC connection that carry no call and no data: at once, and in
// each second.
inline constexpr int64_t kGrpcControlFramesBurst = 10'000;
inline constexpr int64_t kGrpcControlFramesPerSecond = 1'000;
// What waits between a client and gRPC, bytes in each direction.
inline constexpr size_t kGrpcFrontBufferBytes = 64 * 1024;
// HTTP connections that only listeners with /healthz may have.
inline constexpr size_t kAdminConnectionsReserved = 32;
// File descriptors that connections never take: files of the store, sockets
// that listen, logs.
inline constexpr uint64_t kFilesReserved = 512;
// Of memory or of a queue that callers share, what one of them may have.
inline constexpr size_t kCallerSharePercent = 75;
// Room for a body before any byte of it has arrived, bytes.
inline constexpr size_t kBodyBytesFirst = 4 * 1024;
// Bodies of more, after inflating, are handled by workers, where callers take
// turns: the threads that serve sockets would keep others waiting.
inline constexpr size_t kBodyBytesOnIoThread = 8 * 1024;
// Refused documents that the answer of one gRPC stream of puts lists.
inline constexpr int kRefusedDocumentsListedMax = 1'000;
// Documents in one PutTraceSegments call. The daemon sends 50.
inline constexpr size_t kDocumentsPerPutMax = 10'000;
// Trace ids in one BatchGetTraces call; X-Ray's own limit.
inline constexpr size_t kTraceIdsPerBatchMax = 5;
// Trace ids in one call of roentgen.v1, which streams.
inline constexpr size_t kTraceIdsPerStreamMax = 1'000;
// A UDP datagram: IPv4 carries 65,507 bytes of payload.
inline constexpr size_t kDatagramBytesMax = 65'536;

// --- Answers ----------------------------------------------------------------
inline constexpr size_t kSummariesPerPage = 100;
// Documents of one trace in one BatchGetTraces answer, bytes.
inline constexpr size_t kTraceAnswerBytesMax = 16 * 1024 * 1024;
// A document that has more than that alone comes in several: so many bytes of
// what was stored make one of them. JSON takes some three times as much.
inline constexpr size_t kDocumentPieceBytes = 2 * 1024 * 1024;

// Root causes of one kind in a summary.
inline constexpr size_t kRootCausesMax = 50;
// Entities on the path of a root cause.
inline constexpr size_t kRootCausePathMax = 256;
// Exceptions shown of one entity, and characters of their types and messages.
inline constexpr size_t kRootCauseExceptionsMax = 20;
inline constexpr size_t kExceptionTextCharsMax = 1'000;

// --- Settings ---------------------------------------------------------------
// A setting's key and value, bytes: they are kept in memory, too. A group with
// the longest expression and all its tags must fit.
inline constexpr size_t kSettingKeyBytesMax = 512;
inline constexpr size_t kSettingBytesMax = 256 * 1024;
// Groups besides Default; X-Ray's own limit.
inline constexpr size_t kGroupsMax = 25;
// Characters of a group's name; X-Ray's own limit.
inline constexpr size_t kGroupNameCharsMax = 32;
// Tags of one resource; X-Ray's own limit.
inline constexpr size_t kTagsMax = 50;
// Items of one list in a request of an operation that has no limit of its own.
inline constexpr size_t kApiListItemsMax = 10'000;
// Resource policies, and bytes of one; X-Ray's own limits.
inline constexpr size_t kPoliciesMax = 5;
inline constexpr size_t kPolicyBytesMax = 5 * 1024;
// Retrievals that may live at a time: each is kept for an hour.
inline constexpr size_t kRetrievalsMax = 1'000;
// Of one retrieval, and of one page of it; X-Ray's own limits.
inline constexpr size_t kRetrievalTracesMax = 100;
inline constexpr size_t kRetrievedTracesPerPage = 5;
inline constexpr size_t kRetrievedSpansPerPage = 100;
// Documents of one page, bytes: no further span is added beyond.
inline constexpr size_t kRetrievedBytesPerPage = 4 * 1024 * 1024;
// Characters of one document in a page; X-Ray's own limit.
inline constexpr size_t kRetrievedDocumentCharsMax = 204'800;
// Past expressions of a group, with the times since which they were in force,
// and their bytes: for traces that are not sealed yet. All must fit a setting.
inline constexpr size_t kGroupPastExpressionsMax = 20;
inline constexpr size_t kGroupPastBytesMax = 96 * 1024;
// Times at which a group's expression changed.
inline constexpr size_t kGroupChangesMax = 500;

// --- Access keys ------------------------------------------------------------
// Keys of one server, the bytes of their file, and of their parts. AWS's ids
// have 128 characters at most; its session tokens some hundred.
inline constexpr size_t kAccessKeysMax = 1'000;
inline constexpr size_t kKeysFileBytesMax = 4 * 1024 * 1024;
inline constexpr size_t kAccessKeyIdBytesMax = 128;
inline constexpr size_t kSecretBytesMax = 256;

// A line of the audit log: bytes of one member, and of the parameters. Its file
// (audit.file_bytes_max) and how many older ones there are (audit.files_max).
inline constexpr size_t kAuditFieldBytesMax = 512;
inline constexpr size_t kAuditParametersBytesMax = 4 * 1024;
inline constexpr size_t kAuditFileBytes = 64 * 1024 * 1024;
inline constexpr int64_t kAuditFiles = 10;

// Rules of what is not kept, bytes of a name in one, and of the key that
// hashes. Each name of a document is held against each rule.
inline constexpr size_t kRedactionRulesMax = 256;
inline constexpr size_t kRedactedNameBytesMax = 256;
inline constexpr size_t kRedactionKeyBytesMin = 16;
inline constexpr size_t kSessionTokenBytesMax = 4 * 1024;
// Headers that one signature covers. SDKs sign ten.
inline constexpr size_t kSignedHeadersMax = 100;

// --- Sampling ---------------------------------------------------------------
// Rules besides Default, characters of their members and entries of their
// attributes; X-Ray's own limits.
inline constexpr size_t kSamplingRulesMax = 25;
inline constexpr size_t kRuleNameCharsMax = 32;
inline constexpr size_t kRuleResourceArnCharsMax = 500;
inline constexpr size_t kRulePatternCharsMax = 64;
inline constexpr size_t kRuleMethodCharsMax = 10;
inline constexpr size_t kRulePathCharsMax = 128;
inline constexpr size_t kRuleAttributesMax = 5;
inline constexpr size_t kRuleAttributeCharsMax = 32;
// X-Ray's integers have 32 bits.
inline constexpr int64_t kReservoirSizeMax = 2'147'483'647;
inline constexpr int64_t kBoostCooldownMinutesMax = 2'147'483'647;
// Clients of one rule that may have a quota; more ones borrow. Each costs some
// 200 bytes, and each report looks at them all.
inline constexpr size_t kSamplingClientsMax = 1'000;
// Bytes of a client's id; X-Ray's have 24. Longer ones get no quota.
inline constexpr size_t kSamplingClientIdBytesMax = 96;
// Rules with clients, deleted ones whose quotas are still in use among them.
inline constexpr size_t kSampledRulesMax = 4 * (kSamplingRulesMax + 1);
// Ten-second windows of a rule's statistics: ten minutes.
inline constexpr size_t kStatisticWindowsMax = 60;

// --- Traces -----------------------------------------------------------------
// Records of one trace; more are refused before the acknowledgement. A trace is
// sealed, reopened and assembled whole: this bounds what one costs.
inline constexpr size_t kTraceRecordsMax = 120'000;
// Documents of one trace together, bytes, with what their resources and scopes
// take when they are looked at, each of these once; more are refused likewise.
inline constexpr size_t kTraceBytesMax = 256 * 1024 * 1024;

// --- Storage ----------------------------------------------------------------
// Records and bytes (before compression) in one sealed block. A search unpacks
// one for each trace it shows: 256 KiB took four times as long and saved 3 %.
inline constexpr size_t kSealedBlockRecordsMax = 1'024;
inline constexpr size_t kSealedBlockBytesMax = 64 * 1024;
// A block as stored, before and after inflating: one huge record or one huge
// request may exceed the aim above, never this.
inline constexpr size_t kBlockBytesMax = 64 * 1024 * 1024;
// Requests gathered into one commit, bytes: bounds the latency of its sync.
inline constexpr size_t kCommitBytesMax = 4 * 1024 * 1024;
// Likewise records, some milliseconds of work: what a small write waits for
// that came just too late. One write may have more.
inline constexpr size_t kCommitRecordsMax = 1'024;

// How far the time of day may be at most from what is expected of it, seconds,
// before it is doubted: time servers correct less, and a server that was
// stopped for less has nothing to wait for.
inline constexpr int64_t kClockStepSeconds = 3'600;
// Nor further than this part of the retention: so much a wrong clock may take
// too early.
inline constexpr int64_t kClockStepPart = 24;
// For how long a doubted time of day must stay before it is believed: a part of
// the step, so that a server which was stopped overnight waits an hour, and one
// whose clock went years ahead a day.
inline constexpr int64_t kClockDoubtPart = 24;
inline constexpr int64_t kClockDoubtSecondsMin = 3'600;
inline constexpr int64_t kClockDoubtSecondsMax = 86'400;
// Room on the disk below which puts are refused, in write buffers: sealing all
// that is open, and writing it out, must still fit.
inline constexpr uint64_t kDiskReserveMemtables = 4;
// The part of the reserve below which nothing is written any more.
inline constexpr uint64_t kDiskReserveSealPart = 4;

// A sealed trace of more records or bytes stays where it is when there is news
// of it: what is new is a piece of its own, and whoever reads the trace joins
// them. A smaller one is written again whole.
inline constexpr size_t kWholeTraceRecordsMax = 256;
inline constexpr size_t kWholeTraceBytesMax = 256 * 1024;
// The part of the memory for open traces that older records of such traces may
// take; beyond it smaller traces stay where they are, too.
inline constexpr size_t kReopenedPart = 4;
// Contexts of such a trace that are known without reading it, each 8 bytes.
inline constexpr size_t kTraceContextsToldMax = 64;
// Pieces of one trace.
inline constexpr size_t kTracePiecesMax = 16;

// Bytes of a backup's file in one message, and entries of a backup's list of
// files: a store of a terabyte has some ten thousand.
inline constexpr size_t kBackupChunkBytes = 256 * 1024;
inline constexpr size_t kBackupFilesMax = 1'000'000;

// A commit that is under way for so many seconds: the store is not ready.
inline constexpr int64_t kCommitStallSeconds = 5;
// Bytes that sealing writes between two syncs: what a power cut may tear.
inline constexpr size_t kSealSyncBytes = 1024 * 1024;
// Seconds between two tries to open a store again whose writing failed.
inline constexpr int64_t kReopenSecondsMin = 1;
inline constexpr int64_t kReopenSecondsMax = 60;
// Damaged places that are named; more are counted.
inline constexpr size_t kDamagesNamedMax = 100;

// One roll-up of the service map, bytes: what a minute to an hour of one group
// adds up to. A hundred services take some 100 kB.
inline constexpr size_t kRollUpBytesMax = 8 * 1024 * 1024;

// --- Searches ---------------------------------------------------------------
// Annotation keys with index columns of their own in one batch; traces with
// others are found by looking at them.
inline constexpr size_t kIndexedKeysPerBatchMax = 1'000;
// Values of attributes that no annotation tells, or a resource's, that a batch
// tells apart: of one key, and of all. Later ones are told as any value.
inline constexpr uint32_t kIndexedValuesPerKeyMax = 4'096;
inline constexpr size_t kIndexedValuesPerBatchMax = 16'384;
// Bytes of the distinct texts of one annotation in a batch, far below what an
// index chunk may unpack to (kBlockBytesMax); traces with more are found
// likewise.
inline constexpr size_t kTextColumnBytesMax = 16 * 1024 * 1024;
// Bytes of the operations of one trace in the index of its batch; a trace with
// more is found by looking at it.
inline constexpr size_t kTraceOperationBytesMax = 1024 * 1024;
// What a batch tells of a trace for its summary: bytes of its list of reports
// (one or two a document), annotations and users of one document, and bytes of
// one cause. Whoever wants the summary of a trace with more looks at it.
inline constexpr size_t kSummaryReportBytesMax = 256;
inline constexpr size_t kSummaryEntriesMax = 128;
inline constexpr size_t kSummaryCauseBytesMax = 1'024;
// What one search, or reading one trace, may use of memory, bytes; a default. A
// trace of 100,000 spans, as instrumentation makes them, takes some 230 MB.
inline constexpr size_t kQueryMemoryBytes = 256 * 1024 * 1024;
// Changed traces that wait for one live tail; more are counted as skipped.
inline constexpr size_t kTailWaitingMax = 10'000;
// Live tails at a time: each change of a trace is looked at for each.
inline constexpr size_t kTailsMax = 16;
// Expressions of one check of the index.
inline constexpr size_t kCheckedExpressionsMax = 300;
// Groups in one answer; those with the most traces.
inline constexpr size_t kGroupsPerAnswerMax = 1'000;

// --- Service map -------------------------------------------------------------
// Periods of one time series: a week of minutes, five weeks of five minutes.
inline constexpr size_t kTimeSeriesPeriodsMax = 10'080;
// Traces that one call reads because the index does not know whether they
// match its filter.
inline constexpr uint64_t kGraphTracesExaminedMax = 1'000'000;
// Characters of an EntitySelectorExpression; X-Ray's own limit.
inline constexpr size_t kEntitySelectorCharsMax = 500;

// --- Insights ----------------------------------------------------------------
// Nodes of one group that are watched for faults, and edges between them. Names
// are up to callers: what comes when all are taken is not watched.
inline constexpr size_t kInsightNodesMax = 2'000;
inline constexpr size_t kInsightEdgesMax = 10'000;
// Insights of one group that are kept; the newest.
inline constexpr size_t kInsightsPerGroupMax = 100;
// Services named by one insight, and its events that are kept, the newest.
// Together with names of the longest they must fit a setting.
inline constexpr size_t kInsightServicesMax = 20;
inline constexpr size_t kInsightEventsMax = 100;

// --- Filter expressions -----------------------------------------------------
// Text of one expression, bytes. Consoles write some hundred.
inline constexpr size_t kFilterBytesMax = 64 * 1024;
// Levels of "!", parentheses and braces. Bounds the recursion of whoever walks
// the tree.
inline constexpr int kFilterDepthMax = 64;
// Tests and root cause patterns of one expression: bounds what it costs to
// hold a trace against it.
inline constexpr size_t kFilterTermsMax = 1'000;
// Groups that name groups, and nodes of the tree once each group stands as its
// expression: every level may multiply the size.
inline constexpr size_t kFilterGroupNestingMax = 8;
inline constexpr size_t kFilterResolvedNodesMax = 10'000;
// Characters of an offending token that an error shows.
inline constexpr size_t kFilterTokenCharsShown = 40;

// --- Encryption at rest -----------------------------------------------------
// Master keys that are given at a time: one is used for new files, the others
// are of files that were not wrapped again yet.
inline constexpr size_t kMasterKeysMax = 16;
// Characters of the id of a master key. It is in the prefix of each file.
inline constexpr size_t kMasterKeyIdCharsMax = 64;
// What says the master keys, bytes: a file, or what a command prints.
inline constexpr size_t kMasterKeysTextBytesMax = 64 * 1024;
// How long a command may take that prints them, seconds.
inline constexpr int kKeyCommandSecondsMax = 10;
// Memory for keys that is locked and in no core dump, bytes; a power of two. A
// key takes 64, each open file has one.
inline constexpr size_t kSecretMemoryBytes = 4 * 1024 * 1024;
// How often the file of master keys is looked at, seconds.
inline constexpr int kMasterKeysLookSeconds = 5;
// Times that the files of a served store are gone through for one that is not
// wrapped again: new ones come while it works.
inline constexpr int kRekeyRoundsMax = 10;

// --- Memory (defaults; docs/configuration.md says what they come to) ---------
inline constexpr size_t kMemtableBytes = 48 * 1024 * 1024;
inline constexpr size_t kBlockCacheBytes = 48 * 1024 * 1024;
inline constexpr size_t kOpenTableBytes = 64 * 1024 * 1024;
inline constexpr size_t kIngestQueueBytes = 32 * 1024 * 1024;
inline constexpr size_t kRequestBufferBytes = 64 * 1024 * 1024;
inline constexpr size_t kAnswerBytes = 64 * 1024 * 1024;

}  // namespace roentgen::limits

#endif  // ROENTGEN_BASE_LIMITS_H_
