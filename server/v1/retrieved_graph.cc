#include "server/v1/retrieved_graph.h"

#include "base/status_macros.h"
#include "roentgen/v1/retrieval_service.pb.h"
#include "server/account/trace_retrieval.h"
#include "server/v1/graph_convert.h"

namespace roentgen::server {

ProtoFunction RetrievedGraphFunction() {
  return [](Space& space, const google::protobuf::Message& message,
            const ApiValue& request, const Call& call,
            google::protobuf::Message* response) -> absl::Status {
    const auto& wanted =
        static_cast<const v1::GetRetrievedTracesGraphRequest&>(message);
    auto& out = static_cast<v1::GetRetrievedTracesGraphResponse&>(*response);
    RTG_ASSIGN_OR_RETURN(
        const RetrievedGraph graph,
        space.retrievals().Graph(request.Text("RetrievalToken").value_or(""),
                                 call));
    out.set_retrieval_status(graph.cancelled ? v1::RETRIEVAL_STATUS_CANCELLED
                                             : v1::RETRIEVAL_STATUS_COMPLETE);
    ToProto(graph.map,
            wanted.histograms() ? Histograms::kShown : Histograms::kLeftOut,
            out.mutable_graph());
    return absl::OkStatus();
  };
}

}  // namespace roentgen::server
