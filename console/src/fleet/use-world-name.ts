/** What a world is called. Instances know worlds by their ids; a hidden world keeps its name to itself. */
import { useEffect, useState } from 'react';
import { answerOf, api } from '../api/client.ts';

export const UNNAMED = 'World';

/** `UNNAMED` while it is not known. */
export function useWorldName(id: string | undefined): string {
  const [known, setKnown] = useState<{ id: string; name: string } | null>(null);
  useEffect(() => {
    if (id === undefined) return;
    let isWanted = true;
    answerOf(api.GET('/api/v1/worlds/{world}', { params: { path: { world: id } } })).then(({ data }) => {
      if (isWanted && data !== null) setKnown({ id, name: data.name });
    });
    return () => {
      isWanted = false;
    };
  }, [id]);
  return known !== null && known.id === id ? known.name : UNNAMED;
}
